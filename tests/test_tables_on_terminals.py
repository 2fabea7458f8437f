"""Tables on terminals of any width: no line is wider, no number is lost, and colours stay where they can be seen."""

import io
import json
import os
import pty
import re
import termios
import threading
from collections import Counter
from contextlib import contextmanager, redirect_stdout

import pytest
from wide_results import WideResults

from hf_ablate.ablation.tables import effects_tables
from hf_ablate.cli import main
from hf_ablate.comparison.tables import comparison_table
from hf_ablate.evaluation.tables import score_table
from hf_ablate.mixtures.enumerate import print_summary
from hf_ablate.mixtures.ranked import MEAN
from hf_ablate.prediction.predict import predictions_table
from hf_ablate.ranking.agreement_tables import agreement_tables
from hf_ablate.ranking.tables import ranking_table, score_text
from hf_ablate.search.reference_text import references_text
from hf_ablate.search.tables import best_text
from hf_ablate.short_names import short_names
from hf_ablate.text_table import text_table
from hf_ablate.training.tables import costs_table


CODES = re.compile(r"\033\[[\d;]*m")


@contextmanager
def terminal(columns, monkeypatch, term="xterm-256color"):
    """A terminal for stdout; gives a list that holds what it shows when it is closed."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", term)
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, columns))
    read, shown = [], []

    def listen():
        with io.FileIO(leader) as screen:
            try:
                while part := screen.read(65536):
                    read.append(part)
            except OSError:  # so a terminal ends
                pass

    listener = threading.Thread(target=listen)
    listener.start()
    stdout = os.dup(1)
    os.dup2(follower, 1)
    try:
        with open(follower, "w", encoding="utf-8") as screen, redirect_stdout(screen):
            yield shown
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
        listener.join()
    shown.append(b"".join(read).decode().replace("\r\n", "\n"))


def print_tables(results):
    """Everything that the commands say of a study."""
    ranking = results.ranking()
    print(ranking_table(ranking, MEAN, 10), ranking_table(ranking, results.targets[0], 10), sep="\n")
    print(agreement_tables(results.agreement()))
    print(score_table(results.scores()))
    print(effects_tables(results.effects()))
    print(best_text(results.best()))
    print(references_text(results.references()))
    print(comparison_table(results.comparison()))
    print(predictions_table(*results.predictions()))
    print_summary(results.candidates(), "table")
    print(costs_table(results.costs(), results.costs()[:2]))


def numbers(text):
    """The numbers with four decimals, which are all different, whatever part of a table repeats."""
    return set(re.findall(r"\d\.\d{4}", text))


@pytest.mark.parametrize("units", [3, 20, 139])
def test_no_line_is_wider_than_the_terminal_and_every_width_shows_the_same_numbers(units, monkeypatch):
    shown = {}
    for columns in (80, 120, 200):
        with terminal(columns, monkeypatch) as screen:
            print_tables(WideResults(units))
        shown[columns] = CODES.sub("", screen[0])
        assert [line for line in shown[columns].split("\n") if len(line) > columns] == []
    assert numbers(shown[80]) == numbers(shown[120]) == numbers(shown[200])
    assert len(shown[200].split("\n")) < len(shown[80].split("\n"))


def test_the_numbers_of_a_narrow_table_are_those_of_the_ranking(monkeypatch):
    results = WideResults(5)
    ranking = results.ranking()
    monkeypatch.setenv("COLUMNS", "80")
    table = ranking_table(ranking, MEAN, 4)
    for entry in ranking.entries(MEAN)[:4]:
        parts = [line.split() for line in table.split("\n") if re.match(rf"{entry['rank']} ", line)]
        cells = [cell for part in parts for cell in part]
        own = [
            next(other for other in ranking.entries(name) if other["mixture_id"] == entry["mixture_id"])["score"]
            for name in results.targets
        ]
        for value in (entry["score"], entry["reference"], *own):
            assert cells.count(score_text(value)) == 1
    for short, name in re.findall(r"^(\S*…\S*) =\s+(\S+)$", table, flags=re.MULTILINE):
        assert name in {*results.units, *(domain for _, domain in results.domains)} and short in table


def test_names_stay_different_however_short_they_are():
    for count in (3, 20, 139):
        results = WideResults(count)
        names = [*results.units, *results.targets, "x" * 12]
        for most in (12, 16, 24, 32):
            short = short_names(names, most)
            shown = [short.get(name, name) for name in names]
            assert Counter(shown).most_common(1)[0][1] == 1
            assert max(map(len, shown)) <= most


def test_only_names_are_shortened_and_addresses_stay_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    address = "https://hub.example/datasets/someone/a_repository_with_a_long_name"
    rows = [[f"{field}_{year}_and_what_follows", address, "1.2345"] for field in ("law", "art") for year in range(9)]
    table = text_table(["member", "url", "score"], rows, left=(0, 1))
    assert table.count(address) == 18 and table.count("1.2345") == 18


def run_rank(run_dir):
    assert main(["rank", "--run_dir", str(run_dir), "--bootstrap_samples", "200", "--top", "3"]) == 0


def test_colours_are_for_terminals_that_have_them_and_people_who_want_them(ranked_study, monkeypatch, capsys):
    with terminal(80, monkeypatch) as screen:
        run_rank(ranked_study)
    heading, *rows = [line for line in screen[0].split("\n") if line.startswith("\033")][:2]
    assert heading.startswith("\033[1mrank ") and rows[0].startswith("\033[1;32m1 ")
    best = re.findall(r"\033\[1;32m(\S*)", screen[0])
    assert set(best) == {"1", ""}  # the rank, or nothing where the mixture is wrapped
    plain = CODES.sub("", screen[0])
    for term, no_color in (("dumb", ""), ("xterm", "1")):
        with terminal(80, monkeypatch, term) as screen:
            monkeypatch.setenv("NO_COLOR", no_color)
            run_rank(ranked_study)
        assert screen[0] == plain
    monkeypatch.setenv("COLUMNS", "80")
    run_rank(ranked_study)
    assert capsys.readouterr().out == plain


def test_what_is_piped_is_a_hundred_characters_wide_and_json_is_the_same_at_any_width(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.__stdout__", io.StringIO())
    print_tables(WideResults(20))
    widths = [len(line) for line in capsys.readouterr().out.split("\n")]
    assert 90 < max(widths) <= 100
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        print_summary(WideResults(20).candidates(), "json")
    first, second = capsys.readouterr().out.splitlines()
    assert first == second and len(json.loads(first)) == 40
