"""What benchmarks claim: compared with what was measured last, and quoted as it was measured."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import all as all_benchmarks
from benchmarks import one, results
from benchmarks.measurement import CannotRun, Measurement
from benchmarks.one import Outcome
from benchmarks.origin import Origin
from benchmarks.results import FILE, README, Result, compare, markdown, read_results, write_results, wrong_quotes


ROOT = Path(__file__).parent.parent
ORIGIN = Origin(True, "0123abcd", "a processor, 2 cores, 25 GB", {"python": "3.11.7"})


def speed(*ratios: float, name: str = "speed", more_is_better: bool = True, goal: float | None = None) -> Measurement:
    return Measurement(name, "ours / theirs", ratios, more_is_better, goal)


def test_a_measurement_knows_its_median_spread_and_goal():
    fast = speed(2.0, 5.0, 3.0, goal=3)
    assert (fast.median, fast.spread, fast.reached) == (3.0, (2.0, 5.0), True)
    assert speed(2.0, goal=3).reached is False
    assert speed(2.0, more_is_better=False, goal=3).reached is True
    assert speed(2.0).reached is None
    with pytest.raises(ValueError, match="has no rounds"):
        speed()


@pytest.mark.parametrize(
    ("now", "change"),
    [
        ((1.9, 2.0, 2.3), ""),  # the rounds overlap
        ((1.78, 1.79), ""),  # they do not, by less than two runs differ
        ((1.5, 1.7), "regression"),
        ((2.3, 2.6), "improvement"),
    ],
)
def test_a_change_counts_beyond_the_spread_of_both(now, change):
    before = speed(1.8, 2.0, 2.2)
    assert compare(speed(*now), before) == change
    opposite = {"regression": "improvement", "improvement": "regression", "": ""}[change]
    assert compare(speed(*now, more_is_better=False), before) == opposite


def run_all(monkeypatch, tmp_path, outcomes: dict[str, Outcome], *options: str) -> int:
    """`python -m benchmarks.all` with made-up outcomes and files of its own."""
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n")
    monkeypatch.setattr(all_benchmarks, "BENCHMARKS", tuple(outcomes))
    monkeypatch.setattr(all_benchmarks, "run_benchmark", lambda name, quick, limit: outcomes[name])
    monkeypatch.setattr(all_benchmarks.Origin, "here", lambda quick: ORIGIN)
    monkeypatch.setattr(all_benchmarks, "FILE", tmp_path / "results.json")
    monkeypatch.setattr(all_benchmarks, "README", readme)
    monkeypatch.setattr(sys, "argv", ["all", "--quick", *options])
    return all_benchmarks.main()


def test_a_regression_is_named_and_what_cannot_run_stays_as_it_was(monkeypatch, tmp_path, capsys):
    fine = {"first": Outcome((speed(2.0, 2.1),), 3.0), "second": Outcome((speed(1.0, name="other"),), 1.0)}
    assert run_all(monkeypatch, tmp_path, fine, "--write") == 0
    assert "| speed | ours / theirs | **2.05** | 2: 2 to 2.1 |  |" in (tmp_path / "README.md").read_text()
    later = {"first": Outcome((speed(1.0, 1.1),), 3.0), "second": Outcome(lacking="needs a GPU")}
    capsys.readouterr()
    assert run_all(monkeypatch, tmp_path, later) == 1
    printed = capsys.readouterr().out
    assert "regression: speed: 1.05 instead of 2.05" in printed
    assert "cannot run here: needs a GPU" in printed and ORIGIN.machine in printed
    run_all(monkeypatch, tmp_path, later, "--write")
    kept = read_results(tmp_path / "results.json")
    assert kept["first"].measurements == later["first"].measurements
    assert kept["second"].measurements == fine["second"].measurements
    page = (tmp_path / "README.md").read_text()
    assert page == f"before\n<!-- results -->\n{markdown(kept)}<!-- end of results -->\nafter\n"


def test_a_benchmark_that_fails_is_an_error_and_others_count(monkeypatch, tmp_path, capsys):
    outcomes = {"first": Outcome(failure="KeyError: 'x'"), "second": Outcome((speed(1.0),))}
    assert run_all(monkeypatch, tmp_path, outcomes, "--write") == 1
    assert "failed: first: KeyError: 'x'" in capsys.readouterr().out
    assert list(read_results(tmp_path / "results.json")) == ["second"]
    assert run_all(monkeypatch, tmp_path, outcomes, "--only", "second") == 0


def test_results_of_another_size_are_not_compared():
    committed = {"first": Result(ORIGIN, (speed(2.0),))}
    assert set(all_benchmarks.comparable(committed, ORIGIN)) == {"speed"}
    assert not all_benchmarks.comparable(committed, Origin(False, "", "", {}))


def test_one_benchmark_writes_what_it_measured_or_lacks(monkeypatch, tmp_path):
    def measure(quick: bool) -> list[Measurement]:
        if not quick:
            raise CannotRun("needs an hour")
        return [speed(1.0)]

    monkeypatch.setitem(sys.modules, "benchmarks.made_up", SimpleNamespace(measure=measure))
    output = tmp_path / "outcome.json"
    for options, expected in ((["--quick"], ([speed(1.0).to_json()], "")), ([], ([], "needs an hour"))):
        monkeypatch.setattr(sys, "argv", ["one", "made_up", str(output), *options])
        one.main()
        assert tuple(json.loads(output.read_text()).values()) == expected


def test_a_process_that_fails_says_why(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert (
        one.run_benchmark("missing", True, 60).failure == "ModuleNotFoundError: No module named 'benchmarks.missing'"
    )


def test_benchmarks_are_the_modules_that_claim_ratios():
    assert {"tokenisation", "modeling", "predictors", "surrogate", "arena"} <= set(all_benchmarks.BENCHMARKS)
    assert not {"all", "one", "measurement", "results", "origin", "contest"} & set(all_benchmarks.BENCHMARKS)


def test_quotes_are_the_committed_numbers(tmp_path):
    write_results({"first": Result(ORIGIN, (speed(2.149), speed(1234.4, name="more, or less")))}, tmp_path / "r.json")
    known = read_results(tmp_path / "r.json")
    right = (
        "2.15 ×<!-- result: speed -->, 215 %<!-- result: speed -->, 2.1 times <!-- result: speed -->, "
        "1,234<!-- result: more, or less -->"
    )
    assert not wrong_quotes(right, known)
    wrong = wrong_quotes("2.14<!-- result: speed --> and 3<!-- result: speeed -->", known)
    assert wrong == ["2.14: 'speed' is 2.15", "3: nothing called 'speeed' was measured"]


def test_pages_quote_what_was_measured():
    committed = read_results(FILE)
    assert results.TABLE.findall(README.read_text(encoding="utf-8")) == [markdown(committed)]
    for page in (ROOT / "README.md", README, *(ROOT / "docs").glob("*.md")):
        text = page.read_text(encoding="utf-8").replace("`<!-- result: NAME -->`", "")
        assert not wrong_quotes(text, committed), page
