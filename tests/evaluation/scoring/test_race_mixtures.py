"""`hf-ablate evaluate --top K` over a study: the winners of the full sweep, in a folder of their own."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest
from documented_json import check_keys
from tiny_pool import UNITS, count_tokens, make_study, write_jsonl

from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_blocks
from hf_ablate.evaluation.tables import means_of_domains


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study with 60 documents in each of two domains."""
    run_dir = make_study(tmp_path_factory.mktemp("race") / "study")
    generator = random.Random(0)
    letters = {"plain": "abcdefgh ", "digits": "0123456789\n"}
    rows = [
        {"text": "".join(generator.choices(alphabet, k=generator.randint(0, 120))), "id": f"{domain}-{number}",
         "subdomain": domain}
        for domain, alphabet in letters.items()
        for number in range(60)
    ]  # fmt: skip
    write_jsonl(run_dir / "race_data.jsonl", rows)
    return run_dir


def race(run_dir, *words) -> int:
    return main(["evaluate", "--run_dir", str(run_dir), "--data", str(run_dir / "race_data.jsonl"), *map(str, words)])


def result(run_dir) -> dict:
    return json.loads((run_dir / "race" / "race.json").read_text())


@pytest.fixture(scope="module")
def full(study, tmp_path_factory):
    """Mixture → mean of domains of bits per byte in the full sweep."""
    out = tmp_path_factory.mktemp("full")
    assert race(study, "--proxy", "merge", "--output_dir", out) == 0
    averages = means_of_domains(read_current_blocks(out))
    return {
        model.removeprefix("merged:"): values["bits_per_byte"]
        for model, values in averages.items()
        if model.startswith("merged:")
    }


def test_the_winners_are_those_of_the_full_sweep_and_their_scores_are_complete(study, full, tmp_path, capsys):
    run_dir = shutil.copytree(study, tmp_path / "study")
    assert race(run_dir, "--top", 2) == 0
    found = result(run_dir)
    assert [entry["mixture_id"] for entry in found["ranking"]] == sorted(full, key=full.get)[:2]
    for entry in found["ranking"]:
        assert entry["score"] == pytest.approx(full[entry["mixture_id"]], rel=1e-5)
    assert 0 < found["tokens_scored"] < found["tokens_of_full_sweep"]
    assert found["candidates"] == 2 ** len(UNITS) - 1 and found["confidence"] == 0.95
    printed = capsys.readouterr().out
    assert "The 2 best of 7 mixtures on the mean of domains, with a confidence of 95 %." in printed
    assert f"{found['tokens_scored'] / found['tokens_of_full_sweep']:.1%} of the full sweep" in printed


def test_a_race_pays_on_few_long_documents(study, tmp_path):
    run_dir = shutil.copytree(study, tmp_path / "study")
    generator = random.Random(1)
    rows = [
        {"text": "".join(generator.choices(alphabet, k=4500)), "id": domain, "subdomain": domain}
        for domain, alphabet in {"plain": "abcdefgh ", "digits": "0123456789\n"}.items()
    ]
    data = ["--data", write_jsonl(run_dir / "long.jsonl", rows)]
    assert race(run_dir, *data, "--proxy", "merge", "--output_dir", tmp_path / "full") == 0
    averages = means_of_domains(read_current_blocks(tmp_path / "full"))
    scores = {model: values["bits_per_byte"] for model, values in averages.items() if model.startswith("merged:")}
    assert race(run_dir, *data, "--top", 1) == 0
    found = result(run_dir)
    (winner,) = found["ranking"]
    assert f"merged:{winner['mixture_id']}" == min(scores, key=scores.get)
    assert winner["score"] == pytest.approx(min(scores.values()), rel=1e-5)
    assert found["tokens_of_full_sweep"] == 7 * 2 * 4500
    assert found["tokens_scored"] < 0.5 * found["tokens_of_full_sweep"]


def test_partial_scores_never_reach_the_score_rows(study, tmp_path):
    run_dir = shutil.copytree(study, tmp_path / "study")
    assert race(run_dir, "--top", 1) == 0
    assert not (run_dir / "scores").exists()
    assert main(["rank", "--run_dir", str(run_dir)]) == 2


KILL = """
import os, signal, sys
from hf_ablate.cli import main
from hf_ablate.evaluation.scoring import race_mixtures
original, calls = race_mixtures.append_json_lines, []
def torn(path, rows):
    original(path, rows)
    calls.append(path)
    if len(calls) == 9:
        with open(path, "a") as file:
            file.write('{"model": "merged:m-1')
        os.kill(os.getpid(), signal.SIGKILL)
race_mixtures.append_json_lines = torn
main(sys.argv[1:])
"""


def test_a_killed_race_goes_on_where_it_stopped(study, tmp_path, monkeypatch):
    runs = [shutil.copytree(study, tmp_path / name) for name in ("killed", "whole")]
    assert race(runs[1], "--top", 1) == 0
    words = ["evaluate", "--run_dir", str(runs[0]), "--data", str(runs[0] / "race_data.jsonl"), "--top", "1"]
    killed = subprocess.run([sys.executable, "-c", KILL, *words], capture_output=True, env=dict(os.environ))
    assert killed.returncode == -signal.SIGKILL
    assert not (runs[0] / "race" / "manifest.json").exists()
    seen = count_tokens(monkeypatch)
    assert main(words) == 0
    assert result(runs[0])["ranking"] == result(runs[1])["ranking"]
    assert result(runs[0])["rounds"] == result(runs[1])["rounds"]
    assert sum(seen) < result(runs[0])["tokens_scored"]
    del seen[:]
    assert main(words) == 0
    assert seen == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--top", 0], "top is 0; expected at least 1"),
        (["--top", 8], "top is 8, but the study has 7 mixtures"),
        (["--top", 1, "--confidence", 1], "confidence is 1.0"),
        (["--top", 1, "--first_windows", 1], "first_windows is 1; expected at least 2"),
        (["--top", 1, "--per_document"], "top races the weight averages"),
        (["--top", 1, "--proxy", "ensemble"], "top races the weight averages"),
    ],
)
def test_wrong_arguments_are_told(study, capsys, words, message):
    assert race(study, *words) == 2
    assert message in capsys.readouterr().err


def test_the_winners_are_printed_for_programs_too(study, tmp_path, capsys):
    run_dir = shutil.copytree(study, tmp_path / "study")
    assert race(run_dir, "--top", 2, "--output_format", "json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == result(run_dir)
    assert {"round", "windows", "compared", "dropped"} <= check_keys(printed)
    assert race(run_dir, "--top", 2, "--output_format", "csv") == 0
    assert (
        capsys.readouterr().out.splitlines()[0] == "target,level,source,domain,rank,kind,name,mixture_id,mixture,score"
    )
    assert race(run_dir, "--top", 2, "--dry_run") == 0
    assert capsys.readouterr().out == "evaluate: a race of 7 mixtures for the 2 best, on split val\n"


def test_a_race_over_empty_documents_is_refused(study, tmp_path, capsys):
    path = write_jsonl(tmp_path / "empty.jsonl", [{"text": ""}, {"text": ""}])
    words = ["--run_dir", study, "--data", path, "--top", 1, "--output_dir", tmp_path / "out"]
    assert main(["evaluate", *map(str, words)]) == 2
    assert "all documents are empty" in capsys.readouterr().err
