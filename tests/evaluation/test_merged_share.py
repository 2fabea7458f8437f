"""`hf-ablate evaluate --merged_share`: a share of the mixtures is merged, with the scores that it has among all."""

import json
import shutil
from pathlib import Path

import pytest
from tiny_pool import count_tokens, read_candidates, read_rows

from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.evaluation.scoring import score_folder
from hf_ablate.manifest import read_manifest
from hf_ablate.prediction.read_evidence import read_evidence
from hf_ablate.prediction.surrogates import fit_surrogates


SOURCES = 2
SEVERAL = 4  # mixtures of two units or more, one of them with a reference model


def evaluate(run_dir: Path, *words) -> None:
    assert main(["evaluate", "--run_dir", str(run_dir), *map(str, words)]) == 0


def scores(run_dir: Path) -> dict[tuple, float]:
    return {(row.model, row.source, row.domain): row.sum_logprob for row in read_current_rows(run_dir / "scores")}


def models(run_dir: Path, kind: str) -> list[str]:
    return [model for model in read_manifest(run_dir / "scores")["models"] if model.startswith(f"{kind}:")]


@pytest.fixture(scope="module")
def complete(study, tmp_path_factory) -> Path:
    """The study, all of its mixtures merged and scored."""
    run_dir = shutil.copytree(study, tmp_path_factory.mktemp("complete") / "study")
    evaluate(run_dir)
    return run_dir


@pytest.fixture(scope="module")
def shared(study, tmp_path_factory) -> Path:
    """The study, half of its mixtures merged and scored."""
    run_dir = shutil.copytree(study, tmp_path_factory.mktemp("shared") / "study")
    evaluate(run_dir, "--merged_share", 0.5)
    return run_dir


def test_a_share_of_the_merges_is_scored_as_among_all(complete, shared):
    all_of_them, found = scores(complete), scores(shared)
    assert len(models(shared, "merged")) == 3 + SEVERAL / 2
    assert len(models(shared, "ensemble")) == 3 + SEVERAL
    (reference,) = [row["id"] for row in read_candidates(shared) if row["reference"]]
    assert f"merged:{reference}" in models(shared, "merged")
    assert found == {key: all_of_them[key] for key in found}
    assert read_manifest(shared / "scores")["arguments"]["merged_share"] == 0.5


def test_a_larger_share_scores_only_what_is_missing(complete, shared, tmp_path, monkeypatch):
    run_dir = shutil.copytree(shared, tmp_path / "study")
    seen = count_tokens(monkeypatch)
    evaluate(run_dir, "--merged_share", 0.75)
    assert len(seen) == SOURCES
    assert set(models(shared, "merged")) < set(models(run_dir, "merged"))
    evaluate(run_dir)
    assert len(seen) == 2 * SOURCES
    assert scores(run_dir) == scores(complete)
    finished, expected = read_manifest(run_dir / "scores"), read_manifest(complete / "scores")
    assert [finished[name] for name in ("fingerprint", "digest", "models")] == [
        expected[name] for name in ("fingerprint", "digest", "models")
    ]
    evaluate(run_dir, "--merged_share", 0.5)
    assert len(seen) == 2 * SOURCES
    assert scores(run_dir) == scores(shared)


def test_an_interrupted_share_goes_on_where_it_stopped(study, shared, tmp_path, monkeypatch):
    run_dir = shutil.copytree(study, tmp_path / "study")
    original, calls = score_folder.append_blocks, []

    def interrupted(path, rows):
        original(path, rows)
        calls.append(path)
        if len(calls) == 11:  # the first merge, on one source
            raise RuntimeError("interrupted")

    with monkeypatch.context() as patch:
        patch.setattr(score_folder, "append_blocks", interrupted)
        assert main(["evaluate", "--run_dir", str(run_dir), "--merged_share", "0.5"]) == 1
    assert {row.kind for row in read_rows(run_dir / "scores")} == {"seed", "component", "reference", "merged"}
    seen = count_tokens(monkeypatch)
    evaluate(run_dir, "--merged_share", 0.5)
    assert len(seen) == SOURCES * SEVERAL / 2 - 1
    assert scores(run_dir) == scores(shared)
    assert read_manifest(run_dir / "scores")["digest"] == read_manifest(shared / "scores")["digest"]


def test_the_other_merges_are_predicted_and_the_ranking_says_so(complete, shared, capsys):
    evidence, known = read_evidence(shared), read_evidence(complete).proxies["merged"]
    assert main(["rank", "--run_dir", str(shared)]) == 0
    assert "Merged weights were scored for 5 of 7 mixtures" in " ".join(capsys.readouterr().out.split())
    scored, surrogate = evidence.proxies["merged"], fit_surrogates(evidence)["merged"]
    assert len(scored) == 3 + SEVERAL / 2
    for name, losses, sd in zip(known.ids, surrogate.losses(known.weights), surrogate.sd(known.weights), strict=True):
        is_scored = name in scored.ids
        assert (losses == known.losses[known.ids.index(name)]).all() == is_scored
        assert (sd == 0).all() == is_scored


def test_a_dry_run_counts_the_forward_passes_that_are_saved(study, capsys):
    def planned(*words) -> dict:
        evaluate(study, "--dry_run", "--output_format", "json", *words)
        return json.loads(capsys.readouterr().out)

    everything, half = planned(), planned("--merged_share", 0.5)
    assert "unmerged" not in everything
    assert half["unmerged"] == everything["cost"]["models"] - half["cost"]["models"] == SEVERAL / 2
    assert "unmerged" not in planned("--merged_share", 0.5, "--proxy", "ensemble")
    evaluate(study, "--dry_run", "--merged_share", 0.5)
    assert "; merges that are predicted, without forward passes: 2\n" in capsys.readouterr().out


def test_the_dry_run_of_a_study_plans_what_its_evaluation_scores(study, shared, tmp_path, capsys):
    recipes = {"enumerate": "num_references: 1", "evaluate": "merged_share: 0.5"}
    run_dir = shutil.copytree(study, tmp_path / "study")
    for stage, options in recipes.items():
        (tmp_path / f"{stage}.yaml").write_text(f"run_dir: {run_dir}\n{options}\n")
    words = ["run", str(tmp_path), "--dry_run", "--output_format", "json"]
    assert main(words) == 0
    plan = next(stage for stage in json.loads(capsys.readouterr().out)["stages"] if stage["stage"] == "evaluate")
    assert plan["unmerged"] == 2
    assert set(plan["models"]) == set(read_manifest(shared / "scores")["models"])
    shutil.copytree(shared / "scores", run_dir / "scores")
    assert main(["run", str(tmp_path), "--dry_run"]) == 0
    assert "evaluate: unchanged, nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words, message",
    [
        (["--merged_share", "0"], "merged_share is 0.0; expected a share above 0 and up to 1"),
        (["--merged_share", "10"], "merged_share is 10.0"),
        (["--merged_share", "nan"], "merged_share is nan"),
        (["--merged_share", "0.5", "--top", "2"], "`weights`, `merged_share`, `per_document`"),
    ],
)
def test_wrong_shares_are_told_in_one_line(study, capsys, words, message):
    assert main(["evaluate", "--run_dir", str(study), *words]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
