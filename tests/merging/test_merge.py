import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_pool import UNITS, make_study
from transformers import AutoModelForCausalLM, AutoTokenizer

from hf_ablate.errors import InputError
from hf_ablate.manifest import read_manifest, write_manifest
from hf_ablate.merging.arguments import MergeArguments
from hf_ablate.merging.config import read_merge_yaml
from hf_ablate.merging.merge import run, save_merged
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import FORM
from hf_ablate.run_folder import RunFolder


MIXTURE = Mixture.of({"alpha": 0.3, "beta": 0.7})


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    # `+` and `@` in a path are what mergekit reads as LoRA and revision.
    return make_study(tmp_path_factory.mktemp("runs") / "a+study@home")


def assert_same_model(left: Path, right) -> None:
    written = AutoModelForCausalLM.from_pretrained(left, dtype=torch.float32).state_dict()
    for name, tensor in right.state_dict().items():
        assert torch.equal(written[name], tensor), name


def test_a_saved_merge_is_complete_and_the_in_memory_merge(study):
    folder = save_merged(study, MIXTURE)
    pool = ResidentPool({unit: study / "models" / "components" / unit for unit in UNITS})
    assert_same_model(folder, pool.merge(MIXTURE))
    assert AutoTokenizer.from_pretrained(folder)("ab")["input_ids"]
    manifest = read_manifest(folder)
    assert manifest["mixture"] == {"alpha": 0.3, "beta": 0.7} and manifest["kind"] == "merged"
    assert str(study.parent) not in "".join(path.read_text() for path in folder.glob("*.json"))
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o644"}


def mergekit_yaml(config: Path, output: Path) -> None:
    command = [str(Path(sys.executable).parent / "mergekit-yaml"), str(config), str(output)]
    output.parent.mkdir(exist_ok=True)
    done = subprocess.run(command, cwd=output.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_saved_yaml_runs_unchanged_with_mergekit_yaml_from_any_folder(study, tmp_path):
    names = {"C++": "alpha", "a@b": "beta", "100% C": "gamma"}
    for name, unit in names.items():
        shutil.copytree(RunFolder(study).component(unit), RunFolder(tmp_path / "here").component(name))
    folder = save_merged(tmp_path / "here", Mixture.of({"C++": 1, "a@b": 2, "100% C": 3}))
    assert not {"+", "@"} & set(str(RunFolder(tmp_path).component("C++@")))
    config = folder / "mergekit_config.yml"
    assert "{" not in config.read_text()  # paths are texts
    mergekit_yaml(config, tmp_path / "elsewhere" / "out")
    written = tmp_path / "elsewhere" / "out"
    assert (written / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    assert (written / "mergekit_config.yml").read_text() == config.read_text()


def test_the_yaml_of_a_study_that_was_moved_runs_after_merge(study, tmp_path):
    before = (save_merged(study, MIXTURE) / "model.safetensors").read_bytes()
    shutil.copytree(study, tmp_path / "a @ b+c")  # which mergekit reads as revision and LoRA
    folder = save_merged(tmp_path / "a @ b+c", MIXTURE)
    assert str(study) not in (folder / "mergekit_config.yml").read_text()
    assert list(read_merge_yaml(folder / "mergekit_config.yml")) == [
        str(RunFolder(tmp_path / "a @ b+c").component(unit)) for unit in MIXTURE.units
    ]
    mergekit_yaml(folder / "mergekit_config.yml", tmp_path / "out")
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == before


def test_a_finished_merge_is_left_alone_and_an_old_one_made_again(study):
    folder = save_merged(study, MIXTURE)
    before = (folder / "manifest.json").stat().st_mtime_ns
    assert save_merged(study, MIXTURE) == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == before
    save_merged(study, MIXTURE, out_dtype="bfloat16")
    assert AutoModelForCausalLM.from_pretrained(folder).dtype == torch.bfloat16
    save_merged(study, MIXTURE)


def test_a_merge_that_was_never_checked_is_made_again(study):
    folder = save_merged(study, MIXTURE)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["merged_by"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert read_manifest(save_merged(study, MIXTURE))["merged_by"] == "mergekit"


def test_what_a_killed_run_left_is_replaced(study):
    mixture = Mixture.of({"gamma": 1, "beta": 1})
    partial = study / "models" / "merged" / f".{mixture.id}.partial"
    partial.mkdir(parents=True)
    (partial / "model.safetensors").write_text("half")
    folder = save_merged(study, mixture)
    assert not partial.exists() and (folder / "manifest.json").is_file()


def test_best_is_the_first_of_the_ranking_on_the_studys_target(study, capsys):
    ranking = {
        "answered_by": "stack",
        "target": "mean",
        "ranking": [{"target": "mean", "predictor": "stack", "mixture_id": MIXTURE.id}],
    }
    (study / "ranking").mkdir(exist_ok=True)
    (study / "ranking" / "ranking.json").write_text(json.dumps(ranking))
    write_manifest(study / "ranking", "rank", {}, {"form": FORM})
    with pytest.raises(InputError, match="none of the study's 7 mixtures has the id or name"):
        run(MergeArguments(run_dir=study))  # 0.3 / 0.7 is not a candidate
    uniform = Mixture.uniform(["alpha", "beta"])
    ranking["ranking"][0]["mixture_id"] = uniform.id
    (study / "ranking" / "ranking.json").write_text(json.dumps(ranking))
    run(MergeArguments(run_dir=study, mixture=["best", uniform.id], output_format="json"))
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == [uniform.id]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": {"alpha": -1}}, "not negative"),
        ({"weights": {"alpha": 0}}, "all weights .* are zero"),
        ({"weights": {"alpha": float("nan")}}, "not negative"),
        ({"mixture": []}, "mixture is empty"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        MergeArguments(**arguments)


def test_dry_run_works_before_anything_exists(tmp_path, capsys):
    run(MergeArguments(run_dir=tmp_path / "nothing", dry_run=True))
    assert "best" in capsys.readouterr().out


def test_a_merge_yaml_gives_its_weights_normalised(tmp_path):
    path = tmp_path / "merge.yml"
    path.write_text("merge_method: linear\nmodels:\n- {model: a, parameters: {weight: 1}}\n"
                    "- {model: b, parameters: {weight: 2}}\n- {model: a, parameters: {weight: 1}}\n")  # fmt: skip
    assert read_merge_yaml(path) == {"a": 0.5, "b": 0.5}
    path.write_text("merge_method: slerp\nmodels: []")
    with pytest.raises(InputError, match="slerp"):
        read_merge_yaml(path)
    path.write_text("merge_method: linear\nmodels: [{model: a}]")
    with pytest.raises(InputError, match="weight"):
        read_merge_yaml(path)
