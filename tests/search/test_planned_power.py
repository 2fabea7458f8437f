"""What plans say: how far planned references will see, and what the final run repeats more often than the study."""

import pytest
from linear_predictor import fitted_on
from synthetic_study import make_study

from hf_ablate.cli import main
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.search.planned_power import planned_power


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study with three reference models; fits take no time."""
    for place in ("planned_power", "propose"):
        monkeypatch.setattr(f"hf_ablate.search.{place}.fit_evidence", lambda evidence, _=None: fitted_on(evidence))
    return make_study(tmp_path / "study", references=3)


def test_planned_references_find_smaller_differences(study):
    three, twelve = (planned_power(EnumerateArguments(run_dir=study, num_references=count)) for count in (3, 12))
    assert (three.references[0], twelve.references[0]) == (3, 12)
    assert twelve.differences[0] < three.differences[0]


def test_a_dry_run_of_a_scored_study_says_what_can_be_told_apart(study, capsys):
    assert main(["enumerate", "--run_dir", str(study), "--num_references", "5", "--dry_run"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "With 5 references, mixtures that differ by less than 0." in said
    assert "10 references would separate 0." in said
    assert main(["enumerate", "--run_dir", str(study), "--num_references", "5"]) == 0
    assert "cannot be told apart" not in capsys.readouterr().out


def test_a_dry_run_without_a_usable_score_lists_the_mixtures_all_the_same(study, capsys, caplog):
    (study / "scores" / "rows.jsonl").write_text("")
    assert main(["enumerate", "--run_dir", str(study), "--dry_run"]) == 0
    assert "mixtures" in capsys.readouterr().out
    assert "what the references can tell apart is not known: there are no scores" in caplog.text


def test_units_that_the_final_run_repeats_more_often_are_named(study, capsys):
    words = ["propose", str(study), "--starts", "2", "--min", '{"networkx": 0.5}', "--total_tokens"]
    assert main([*words, "610000"]) == 0
    assert "times in the final run" not in capsys.readouterr().out
    assert main([*words, "61000000"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "networkx is seen" in said
    assert "in the final run and 1.7 times in the study, which may overrate it." in said
    assert "`partition --match_epochs_of 61000000` makes a study repeat units as the final run does." in said
