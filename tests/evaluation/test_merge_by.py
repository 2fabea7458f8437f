"""`hf-ablate evaluate --merge_by`: macro proxies, which are the plain proxies of regrouped mixtures."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from tiny_pool import count_tokens, read_candidates, save_model, tiny_model

from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.manifest import read_manifest
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import MEAN, read_ranking
from hf_ablate.saved_model import load_causal_lm


SOURCES = 2
ALL, REGROUPED = Mixture.uniform(["alpha", "beta", "gamma"]), Mixture.of({"alpha": 1, "beta": 1, "gamma": 2})
PROSE = Mixture.uniform(["alpha", "beta"])
FIELDS = {"alpha": "prose", "beta": "prose", "gamma": "numbers"}


def write_groups(run_dir: Path, values: dict[str, str], roots: dict[str, list[str]] | None = None) -> None:
    """Let the corpus record a field `kind`, and the roots of its units."""
    path = run_dir / "corpus" / "manifest.json"
    groups = {
        unit: {"fields": {"kind": value}, "source": (roots or {}).get(unit, [])} for unit, value in values.items()
    }
    path.write_text(json.dumps(json.loads(path.read_text()) | {"groups": groups}))


@pytest.fixture(scope="module")
def grouped(study, tmp_path_factory) -> Path:
    """The study, whose corpus has two groups."""
    run_dir = shutil.copytree(study, tmp_path_factory.mktemp("grouped") / "study")
    write_groups(run_dir, FIELDS)
    return run_dir


@pytest.fixture(scope="module")
def scored(grouped, tmp_path_factory) -> Path:
    """The same, scored by units and by groups."""
    run_dir = shutil.copytree(grouped, tmp_path_factory.mktemp("scored") / "study")
    assert main(["evaluate", "--run_dir", str(run_dir), "--merge_by", "units", "kind"]) == 0
    return run_dir


def ids(run_dir: Path, kind: str) -> set[str]:
    return {model.partition(":")[2] for model in read_manifest(run_dir / "scores")["models"] if model.startswith(kind)}


def test_only_what_no_candidate_is_already_is_scored_beside_the_candidates(scored):
    candidates = {row["id"] for row in read_candidates(scored)}
    for kind in ("merged:", "ensemble:"):
        assert ids(scored, kind) == candidates | {REGROUPED.id}  # the other six mixtures are balanced
    manifest = read_manifest(scored / "scores")
    assert manifest["groups"] == {"kind": FIELDS}
    assert manifest["arguments"]["merge_by"] == ["units", "kind"]


def test_groups_beside_finished_scores_take_the_forward_passes_of_what_is_missing_alone(scored, tmp_path, monkeypatch):
    run_dir = shutil.copytree(scored, tmp_path / "study")
    seen = count_tokens(monkeypatch)
    assert main(["evaluate", "--run_dir", str(run_dir)]) == 0
    assert REGROUPED.id not in ids(run_dir, "merged:") and "groups" not in read_manifest(run_dir / "scores")
    rows = run_dir / "scores" / "rows.jsonl"
    lines = rows.read_text().splitlines(keepends=True)
    rows.write_text("".join(line for line in lines if f"merged:{REGROUPED.id}" not in line))
    assert main(["evaluate", "--run_dir", str(run_dir), "--merge_by", "units", "kind"]) == 0
    assert len(seen) == SOURCES
    assert read_manifest(run_dir / "scores")["digest"] == read_manifest(scored / "scores")["digest"]


def test_one_mixture_has_both_proxies_in_the_ranking_and_the_regrouped_one_is_no_candidate(scored, tmp_path):
    run_dir = shutil.copytree(scored, tmp_path / "study")
    rank = ["rank", "--run_dir", str(run_dir), "--bootstrap_samples", "100"]
    assert main(rank) == 0
    ranking = read_ranking(run_dir)
    assert ranking.mixtures.keys() == {row["id"] for row in read_candidates(run_dir)}
    bits = {(row.model, row.domain): row.bits_per_byte for row in read_current_rows(run_dir / "scores")}
    for kind in ("merged", "ensemble"):
        assert ranking.ranked_by[f"{kind}_by_kind"]["scored"] == 7
        plain, macro = ({name: bits[f"{kind}:{name}", "alpha"] for name in ids(run_dir, kind)} for _ in range(2))
        macro[ALL.id] = plain[REGROUPED.id]
        entries = ranking.entries("in_domain/alpha", f"{kind}_by_kind")
        assert {entry["mixture_id"]: entry["score"] for entry in entries} == {
            name: score for name, score in macro.items() if name != REGROUPED.id
        }
    assert main(["evaluate", "--run_dir", str(run_dir)]) == 0
    assert main(rank) == 0  # though no score of a candidate is another
    assert set(read_ranking(run_dir).ranked_by) == {"ensemble", "merged"}


def test_chosen_mixtures_have_their_macro_proxies_too(grouped, tmp_path):
    words = ["--mixture", ALL.id, "--proxy", "merge", "--merge_by", "units", "kind", "--output_dir", str(tmp_path)]
    assert main(["evaluate", "--run_dir", str(grouped), *words]) == 0
    assert list(read_manifest(tmp_path)["models"]) == [f"merged:{ALL.id}", f"merged:{REGROUPED.id}"]


def check_plan(study, merge_by, tmp_path, capsys):
    """A dry run of a study finds its scores, and without them plans exactly the models that were scored."""
    run_dir = shutil.copytree(study, tmp_path / "study")
    recipes = {"enumerate": "num_references: 1", "evaluate": f"merge_by: [{merge_by}]"}
    for stage, options in recipes.items():
        (tmp_path / f"{stage}.yaml").write_text(f"run_dir: {run_dir}\n{options}\n")
    assert main(["run", str(tmp_path), "--dry_run"]) == 0
    assert "evaluate: unchanged, nothing to do" in capsys.readouterr().out
    shutil.rmtree(run_dir / "scores")
    assert main(["run", str(tmp_path), "--dry_run", "--output_format", "json"]) == 0
    plan = next(stage for stage in json.loads(capsys.readouterr().out)["stages"] if stage["stage"] == "evaluate")
    assert set(plan["models"]) == set(read_manifest(study / "scores")["models"])


def test_the_dry_runs_plan_what_is_scored(grouped, scored, tmp_path, capsys):
    words = ["evaluate", "--run_dir", str(grouped), "--dry_run", "--output_format", "json"]
    assert main([*words, "--merge_by", "units", "kind"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert models["merged"] == models["ensemble"] == 8
    assert main([*words, "--merge_by", "units", "kind", "--merged_share", "0.5"]) == 0
    assert json.loads(capsys.readouterr().out)["unmerged"] == 2
    check_plan(scored, "units, kind", tmp_path, capsys)


@pytest.fixture(scope="module")
def trained(grouped, tmp_path_factory) -> Path:
    """The study with a model that was trained on the first group, and everything scored."""
    run_dir = shutil.copytree(grouped, tmp_path_factory.mktemp("trained") / "study")
    facts = {"model": f"reference:{PROSE.id}", "kind": "reference", "mixture": PROSE.weights}
    save_model(run_dir / "models" / "references" / PROSE.id, tiny_model(7), **facts)
    assert main(["enumerate", "--run_dir", str(run_dir), "--num_references", "1"]) == 0  # takes in what is trained
    assert main(["evaluate", "--run_dir", str(run_dir), "--merge_by", "units", "trained_kind"]) == 0
    return run_dir


def test_models_trained_on_groups_are_merged_where_each_group_has_one(trained):
    entry = {
        model: entry for model, entry in read_manifest(trained / "scores")["models"].items() if "trained" in model
    }
    coefficients = {"component:gamma": 0.5, f"reference:{PROSE.id}": 0.5}
    assert entry == {
        f"merged_trained_by_kind:{ALL.id}": {
            "kind": "merged_trained_by_kind", "digest": entry[f"merged_trained_by_kind:{ALL.id}"]["digest"],
            "coefficients": coefficients,
        }
    }  # fmt: skip
    models = trained / "models"
    own, gamma = (
        load_causal_lm(folder)[0] for folder in (models / "references" / PROSE.id, models / "components/gamma")
    )
    with torch.no_grad():
        for weight, other in zip(own.parameters(), gamma.parameters(), strict=True):
            weight.add_(other).div_(2)
    (found,) = (
        row for row in read_current_rows(trained / "scores") if "trained" in row.model and row.domain == "other"
    )
    own.save_pretrained(trained / "expected")
    shutil.copytree(
        models / "seed",
        trained / "expected",
        ignore=shutil.ignore_patterns("*.safetensors", "manifest*"),
        dirs_exist_ok=True,
    )
    words = [
        "--model",
        str(trained / "expected"),
        "--data",
        str(trained / "corpus" / "eval"),
        "--output_dir",
        str(trained / "other"),
    ]
    assert main(["evaluate", *words]) == 0
    (expected,) = (row for row in read_current_rows(trained / "other") if row.domain == "other")
    assert found.sum_logprob == pytest.approx(expected.sum_logprob, rel=1e-6)


def test_merges_of_trained_models_are_ranked_beside_the_others(trained, capsys):
    assert main(["rank", "--run_dir", str(trained), "--bootstrap_samples", "100"]) == 0
    ranking = read_ranking(trained)
    (entry,) = ranking.entries(MEAN, "merged_trained_by_kind")
    assert entry["mixture_id"] == ALL.id
    assert ranking.ranked_by["merged_trained_by_kind"]["scored"] == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "Merged weights of models trained on groups, by kind were scored for 1 of 7 mixtures. " in printed
    assert "trained" not in ranking.answered_by


def test_the_dry_run_of_a_study_plans_merges_of_trained_models(trained, tmp_path, capsys):
    check_plan(trained, "units, trained_kind", tmp_path, capsys)


@pytest.mark.parametrize(
    "words, message",
    [
        (["--merge_by", "units", "trained_kin"], "unknown field 'kin'"),
        (["--merge_by", "units", "trained_kind", "--proxy", "ensemble"], "`proxy` asks for no merges"),
        (["--merge_by", "units", "trained_kind"], "missing are models of alpha + beta (m-"),
        (["--merge_by", "kind"], "merge_by is ['kind']; expected units, whose proxies"),
        (["--merge_by", "units", "kin"], "unknown field 'kin'"),
        (["--merge_by", "units", "source"], "unit 'beta' is of papers and wiki"),
        (["--merge_by", "units", "kind", "--top", "2"], "fields in `merge_by`"),
    ],
)
def test_wrong_groups_are_told_before_anything_is_scored(grouped, tmp_path, capsys, words, message):
    run_dir = shutil.copytree(grouped, tmp_path / "study")
    write_groups(run_dir, FIELDS, {"alpha": ["papers"], "beta": ["papers", "wiki"], "gamma": ["wiki"]})
    assert main(["evaluate", "--run_dir", str(run_dir), *words]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
    assert not (run_dir / "scores").exists()


def test_a_study_with_wrong_groups_ends_before_it_trains(grouped, tmp_path, capsys):
    run_dir = shutil.copytree(grouped, tmp_path / "study")
    write_groups(run_dir, FIELDS, {"alpha": ["papers"], "beta": ["papers", "wiki"], "gamma": ["wiki"]})
    recipes = {"enumerate": "num_references: 1", "train": "use_cpu: true", "evaluate": "merge_by: [units, source]"}
    for stage, options in recipes.items():
        (tmp_path / f"{stage}.yaml").write_text(f"run_dir: {run_dir}\n{options}\n")
    assert main(["run", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "unit 'beta' is of papers and wiki" in error and "train" not in error


def test_a_corpus_without_groups_or_a_unit_in_none_is_an_error(study, tmp_path, capsys):
    run_dir = shutil.copytree(study, tmp_path / "study")
    words = ["evaluate", "--run_dir", str(run_dir), "--merge_by", "units", "kind"]
    assert main(words) == 2
    assert "'kind' asks for groups of units, but the corpus records none" in capsys.readouterr().err
    write_groups(run_dir, {"alpha": "prose", "beta": "prose"})
    assert main(words) == 2
    assert "unit 'gamma' has no value of 'kind'" in capsys.readouterr().err
