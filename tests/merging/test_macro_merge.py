"""`hf-ablate merge --merge_by`: macro-merges on the disk, with the mergekit-multi YAML that makes them again."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from mergekit.scripts.multimerge import main as mergekit_multi
from tiny_pool import make_study, save_model, tiny_model

from hf_ablate.cli import main
from hf_ablate.manifest import read_manifest
from hf_ablate.merging.config import multi_yaml, read_merge_yaml
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.run_folder import RunFolder
from hf_ablate.saved_model import open_tensors


MIXTURE = {"alpha": 0.1, "beta": 0.3, "gamma": 0.6}
REGROUPED = Mixture.of({"alpha": 0.125, "beta": 0.375, "gamma": 0.5})
PROSE = Mixture.of({"alpha": 1, "beta": 3})


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """A study of two groups of units."""
    run_dir = make_study(tmp_path_factory.mktemp("runs") / "study", references=0)
    path = run_dir / "corpus" / "manifest.json"
    kinds = {"alpha": "prose & verse", "beta": "prose & verse", "gamma": "numbers"}
    groups = {unit: {"fields": {"kind": value}, "source": []} for unit, value in kinds.items()}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"groups": groups}))
    return run_dir


def merge(run_dir: Path, *words: str) -> int:
    return main(["merge", "--run_dir", str(run_dir), "--weights", json.dumps(MIXTURE), *words])


def test_mergekit_multi_makes_the_saved_macro_merge_again(study, tmp_path):
    assert merge(study, "--merge_by", "kind") == 0
    folder = RunFolder(study).merged(REGROUPED.id)
    assert read_manifest(folder)["mixture"] == pytest.approx(REGROUPED.weights)
    words = ["--intermediate-dir", str(tmp_path / "groups"), "--out-path", str(tmp_path / "out")]
    mergekit_multi([str(folder / "mergekit_multi.yml"), *words], standalone_mode=False)
    assert [path.name for path in (tmp_path / "groups").iterdir()] == ["2_prose___verse"]
    saved, again = open_tensors(folder), open_tensors(tmp_path / "out")
    assert saved.keys() == again.keys()
    for name, tensor in saved.items():
        torch.testing.assert_close(again[name], tensor, rtol=3e-7, atol=1e-8)


def test_mergekit_multi_takes_no_folder_with_a_plus(tmp_path):
    folders = {name: tmp_path / "a+b" / name for name in ("alpha", "beta", "gamma")}
    groups = {"prose": PROSE, "numbers": Mixture.uniform(["gamma"])}
    assert "move the study" in multi_yaml(groups, folders)
    assert "move the study" not in multi_yaml(groups, {name: tmp_path / name for name in folders})


def test_a_saved_macro_merge_is_left_alone_and_the_yaml_of_a_study_that_was_moved_made_anew(study, tmp_path):
    assert merge(study, "--merge_by", "kind") == 0
    run_dir = shutil.copytree(study, tmp_path / "moved")
    folder = RunFolder(run_dir).merged(REGROUPED.id)
    before = (folder / "manifest.json").stat().st_mtime_ns
    assert merge(run_dir, "--merge_by", "kind") == 0
    assert (folder / "manifest.json").stat().st_mtime_ns == before
    text = (folder / "mergekit_multi.yml").read_text()
    assert str(study) not in text and str(RunFolder(run_dir).component("alpha")) in text


def test_models_trained_on_groups_are_averaged_and_a_missing_one_is_named(study, tmp_path, capsys):
    run_dir = shutil.copytree(study, tmp_path / "study")
    assert merge(run_dir, "--merge_by", "trained_kind") == 2
    assert "no model that was trained on the group prose & verse of" in capsys.readouterr().err
    facts = {"model": f"reference:{PROSE.id}", "kind": "reference", "mixture": PROSE.weights}
    reference = save_model(RunFolder(run_dir).reference(PROSE.id), tiny_model(7), **facts)
    assert merge(run_dir, "--merge_by", "trained_kind", "--output_format", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    folder = RunFolder(run_dir).model(f"merged_trained_by_kind:{Mixture.of(MIXTURE).id}")
    assert row["folder"] == str(folder) and read_manifest(folder)["mixture"] == MIXTURE
    gamma = RunFolder(run_dir).component("gamma")
    assert read_merge_yaml(folder / "mergekit_config.yml") == {str(gamma): 0.5, str(reference): 0.5}
    saved, parts = open_tensors(folder), [open_tensors(part) for part in (gamma, reference)]
    assert all(torch.equal(tensor, (parts[0][name] + parts[1][name]) / 2) for name, tensor in saved.items())


def test_the_dry_run_of_a_study_knows_which_macro_merges_are_saved(study, tmp_path, capsys):
    run_dir = shutil.copytree(study, tmp_path / "study")
    shutil.rmtree(RunFolder(run_dir).merged("m").parent, ignore_errors=True)
    (tmp_path / "merge.yaml").write_text(f"run_dir: {run_dir}\nmerge_by: kind\nweights: {json.dumps(MIXTURE)}\n")
    capsys.readouterr()
    for what in ("the merged model, by kind, of 0.1 alpha", "unchanged"):
        assert main(["run", str(tmp_path), "--dry_run"]) == 0
        assert f"merge: {what}" in capsys.readouterr().out
        assert merge(run_dir, "--merge_by", "kind") == 0
        capsys.readouterr()


@pytest.mark.parametrize(
    "words, message",
    [
        (["--merge_by", "kidn"], "unknown field 'kidn'"),
        (["--merge_by", "trained_kidn"], "unknown field 'kidn'"),
        (["--merge_by", "trained_kind", "--weights", '{"alpha": 1, "beta": 1}'], "has units of one group by 'kind'"),
    ],
)
def test_groups_that_there_are_not_are_errors(study, capsys, words, message):
    assert merge(study, *words) == 2
    assert message in capsys.readouterr().err
