"""A study whose components are trained on mixtures: what they represent has proxies, what they do not is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_study import UNITS, write_study
from transformers import AutoModelForCausalLM

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.manifest import read_manifest
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.probes import read_coefficients, read_probes
from hf_ablate.prediction.read_evidence import read_evidence
from hf_ablate.run_folder import RunFolder
from hf_ablate.study.study import Study


INSIDE = [{"counting": 1, "english": 1, "python": 1}, {"counting": 5, "english": 4, "python": 3}]
PROBES = {"own": 0.5, "rest": "uniform"}
CHANGES = {
    "enumerate": {"methods": ["given"], "mixtures": INSIDE, "num_references": 1},
    "train": {"probes": PROBES},
    "merge": {"mixture": None, "weights": INSIDE[1]},
}
OUTSIDE = Mixture.uniform(["english"])


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """The folder of a finished study."""
    folder = tmp_path_factory.mktemp("probes")
    recipes = write_study(folder)
    (recipes / "report.yaml").unlink()
    for stage, changes in CHANGES.items():
        path = recipes / f"{stage}.yaml"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    assert main(["run", str(recipes)]) == 0
    return folder


def command(study: Path, stage: str, *words: str) -> int:
    return main([stage, "--config", str(study / "recipes" / f"{stage}.yaml"), *words])


def test_components_are_trained_on_their_probes_and_say_so(study):
    run = RunFolder(study / "run")
    for unit in UNITS:
        manifest = read_manifest(run.component(unit))
        assert manifest["model"] == f"component:{unit}"
        assert manifest["mixture"] == pytest.approx({other: 2 / 3 if other == unit else 1 / 6 for other in UNITS})
        shares = {other: entry["blocks"] for other, entry in manifest["blocks"].items()}
        assert sum(shares.values()) == 64 and manifest["tokens"] == 2048
        assert all(abs(shares[other] - 64 * share) < 1 for other, share in manifest["mixture"].items())
    assert read_probes(study / "run").keys() == set(UNITS)


def test_the_merge_in_memory_is_the_one_that_mergekit_writes(study, tmp_path):
    run = RunFolder(study / "run")
    mixture = Mixture.of(INSIDE[1])
    coefficients = read_coefficients(study / "run", mixture)
    assert coefficients.weights == pytest.approx({"counting": 1 / 2, "english": 1 / 3, "python": 1 / 6})
    saved = run.merged(mixture.id)
    manifest = read_manifest(saved)
    assert manifest["merged_by"] == "mergekit" and manifest["mixture"] == mixture.weights
    assert manifest["arguments"]["coefficients"] == coefficients.weights
    merged = ResidentPool({unit: run.component(unit) for unit in UNITS}).merge(coefficients).state_dict()
    written = AutoModelForCausalLM.from_pretrained(saved, dtype=torch.float32).state_dict()
    assert all(torch.equal(written[name], tensor) for name, tensor in merged.items())

    # the YAML beside it, scored as a merge of its own, scores as the proxy of the mixture did
    words = ["--model", str(saved / "mergekit_config.yml"), "--data", str(run.eval), "--output_dir", str(tmp_path)]
    assert main(["evaluate", *words, "--max_length", "32"]) == 0
    proxies = {
        (row.source, row.domain): row.sum_logprob
        for row in read_current_rows(run.scores)
        if row.model == f"merged:{mixture.id}"
    }
    from_yaml = {(row.source, row.domain): row.sum_logprob for row in read_current_rows(tmp_path)}
    assert len(proxies) == 5 and from_yaml == proxies


def test_scores_record_the_coefficients_and_python_scores_the_same(study):
    mixture = Mixture.of(INSIDE[1])
    models = read_manifest(RunFolder(study / "run").scores)["models"]
    assert models[f"ensemble:{mixture.id}"]["coefficients"] == models[f"merged:{mixture.id}"]["coefficients"]
    opened = Study.open(study / "run")
    scored = opened.score(mixture, proxy="both")
    assert scored.loc[:, scored.columns].equals(opened.scores().loc[scored.index, scored.columns])
    with pytest.raises(InputError, match="1 of 1 mixtures are outside the hull of the 3 probes"):
        opened.score(OUTSIDE)
    nearest = opened.score(OUTSIDE, extrapolate=True).to_numpy()
    assert (nearest == opened.score(read_probes(study / "run")["english"]).to_numpy()).all()


def test_components_of_several_units_are_no_evidence_about_single_units(study):
    evidence = read_evidence(study / "run")
    assert evidence.units == UNITS and np.isnan(evidence.components).all()
    assert len(evidence.references) == 1


def test_outside_the_hull_nothing_is_scored_or_saved_unless_it_may_extrapolate(study, tmp_path, capsys, caplog):
    words = ["--weights", json.dumps(OUTSIDE.weights), "--output_dir", str(tmp_path / "scores")]
    merged = RunFolder(study / "run").merged(OUTSIDE.id)
    assert command(study, "evaluate", *words) == 2
    assert command(study, "evaluate", *words, "--dry_run") == 2
    assert command(study, "merge", "--weights", json.dumps(OUTSIDE.weights)) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3 and all("1 of 1 mixtures are outside" in line and "(english)" in line for line in lines)
    assert not (tmp_path / "scores").exists() and not merged.exists()

    assert command(study, "evaluate", *words, "--extrapolate", "--proxy", "merge") == 0
    assert "at most by 0.333 of their data (english); the nearest inside is scored" in caplog.text
    assert command(study, "merge", "--weights", json.dumps(OUTSIDE.weights), "--extrapolate") == 0
    assert list(read_manifest(merged)["inputs"]) == ["english"]


def test_dry_runs_say_how_well_the_probes_represent(study, capsys):
    assert command(study, "train", "--dry_run") == 0
    assert command(study, "evaluate", "--dry_run") == 0
    shown = capsys.readouterr().out
    assert shown.count("0 of 2 mixtures are outside the hull of the 3 probes (condition number 2)") == 2
    assert command(study, "evaluate", "--dry_run", "--output_format", "json") == 0
    assert json.loads(capsys.readouterr().out)["hull"] == {
        "probes": 3, "condition": 2.0, "mixtures": 2, "outside": 0, "farthest": None, "distance": 0.0
    }  # fmt: skip


def test_a_finished_study_is_unchanged_and_other_probes_train_components_alone(study, capsys):
    words = ["run", str(study / "recipes"), "--dry_run", "--output_format", "json"]
    assert main(words) == 0
    assert {stage["state"] for stage in json.loads(capsys.readouterr().out)["stages"]} == {"unchanged"}
    assert main([*words, "--set", "train.probes={own: 0.55, rest: uniform}"]) == 0
    train = next(stage for stage in json.loads(capsys.readouterr().out)["stages"] if stage["stage"] == "train")
    assert [row["model"] for row in train["missing"]] == [f"component:{unit}" for unit in UNITS]


def test_a_recipe_that_enumerates_outside_the_hull_is_refused_before_anything_is_made(tmp_path, capsys):
    recipes = write_study(tmp_path)
    for words in (["validate", str(recipes)], ["run", str(recipes)], ["run", str(recipes), "--dry_run"]):
        assert main([*words, "--set", f"train.probes={json.dumps(PROBES)}"]) == 2
        assert "6 of 7 mixtures are outside the hull of the 3 probes" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_components_of_another_recipe_would_be_in_the_pool_and_are_refused(study, capsys):
    assert command(study, "train", '--probes={"english": {"english": 1}, "rest": {"*": 1}}', "--dry_run") == 2
    assert "holds components that `probes` lacks" in capsys.readouterr().err
