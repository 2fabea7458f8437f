"""`hf-ablate propose --for reference`, as users run it."""

import json

import pytest
from documented_json import check_keys
from linear_predictor import fitted_on
from synthetic_study import UNITS, make_study, subsets

import hf_ablate as ha
from hf_ablate.cli import main
from hf_ablate.mixtures.enumerate import read_mixtures


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of all subsets of two units and more; fits take no time."""
    monkeypatch.setattr("hf_ablate.search.propose.fit_evidence", lambda evidence, predictor: fitted_on(evidence))
    mixtures = [mixture for mixture in subsets(UNITS) if len(mixture.units) > 1]
    return make_study(tmp_path / "study", mixtures, references=3, budget="union")


def proposed(capsys, *words):
    """What the command prints as JSON, whose keys are those that docs/json.md explains."""
    capsys.readouterr()
    assert main(["propose", *map(str, words), "--for", "reference", "--output_format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    check_keys(content)
    return content


def test_it_says_what_to_train_what_that_saves_and_costs(study, capsys):
    content = proposed(capsys, study, "--count", 2)
    first, second = content["proposed"]
    assert content["references"] == 3
    assert content["candidates"] == 26
    assert content["regret_now"] > first["regret_after"] > second["regret_after"]
    for row in (first, second):
        assert row["hours"] == pytest.approx(9.5 * row["number_of_units"] / 3600)
        assert row["regret_saved_per_hour"] == pytest.approx(row["regret_saved"] / row["hours"])
    assert [row["references"] for row in content["power"]] == list(range(3, 13))
    assert main(["propose", str(study), "--for", "reference", "--count", "2"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert (
        f"Train these 2, and the expected regret on the mean of domains falls from "
        f"{content['regret_now']:.4f} to {second['regret_after']:.4f} bits per byte."
    ) in said
    assert "With 3 references, mixtures that differ by less than" in said


def test_enumerate_takes_what_was_written_and_trains_all_of_it(study, tmp_path, capsys):
    output = tmp_path / "next.yaml"
    content = proposed(capsys, study, "--count", 2, "--output", output)
    other = make_study(tmp_path / "other", references=2)
    assert main(["enumerate", "--config", str(output), "--run_dir", str(other)]) == 0
    written = {candidate.mixture.id for candidate in read_mixtures(other) if candidate.reference}
    assert written == {row["mixture_id"] for row in content["proposed"]}


def test_mixtures_can_be_drawn_beside_those_that_were_enumerated(study, capsys):
    assert proposed(capsys, study, "--samples", 30)["candidates"] == 56


def test_a_study_whose_candidates_are_all_trained_is_told_to_draw_others(tmp_path, study, capsys):
    whole = make_study(tmp_path / "whole", subsets(UNITS[:2]), references=1)
    assert main(["propose", str(whole), "--for", "reference"]) == 2
    assert "have a reference model; draw others with --samples 100" in capsys.readouterr().err


def test_only_mixtures_that_meet_the_constraints_are_decided_between(study, capsys):
    content = proposed(capsys, study, "--max", '{"pandas": 0}')
    assert content["candidates"] == 11
    assert all("pandas" not in row["mixture"] for row in content["proposed"])
    assert main(["propose", str(study), "--for", "reference", "--min", '{"pandas": 0.9}']) == 2
    assert "none of the 26 candidate mixtures meets the constraints" in capsys.readouterr().err


def test_python_gives_what_the_command_prints(study, capsys):
    frame = ha.Study.open(study).propose("reference", count=3)
    rows = proposed(capsys, study, "--count", 3)["proposed"]
    assert list(frame.index) == [row["mixture_id"] for row in rows]
    assert frame["regret_after"].tolist() == [row["regret_after"] for row in rows]
    assert frame[UNITS].sum(axis=1).tolist() == pytest.approx([1.0] * 3)
