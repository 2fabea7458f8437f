"""`hf-ablate evaluate --pool_format`: proxies of components that are held in half of float32's memory."""

import pickle
import shutil
from functools import partial

import pytest
import torch
from tiny_pool import (
    UNITS,
    component_folders,
    count_tokens,
    make_study,
    read_candidates,
    read_rows,
    save_model,
    tiny_model,
)

from hf_ablate.cli import main
from hf_ablate.commands import find_command
from hf_ablate.evaluation.models.chosen import chosen_models
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.evaluation.scoring.families import make_family
from hf_ablate.evaluation.scoring.measurement import MeasurementOptions
from hf_ablate.evaluation.scoring.processes import Processes
from hf_ablate.evaluation.scoring.sweep import make_sweeps
from hf_ablate.evaluation.text.locations import find_sources
from hf_ablate.manifest import read_manifest
from hf_ablate.merging.config import merge_yaml
from hf_ablate.mixtures.mixture import Mixture


FORMATS = ("saved", "bfloat16", "delta")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study whose components differ from the seed by some hundredth of each weight's size."""
    run_dir = make_study(tmp_path_factory.mktemp("near") / "study")
    for number, unit in enumerate(UNITS, start=1):
        model = tiny_model(number)
        with torch.no_grad():
            for parameter, start in zip(model.parameters(), tiny_model(0).parameters(), strict=True):
                parameter.copy_(start + 0.01 * parameter)
        folder = run_dir / "models" / "components" / unit
        save_model(folder, model, model=f"component:{unit}", kind="component", mixture={unit: 1.0})
    return run_dir


def evaluate(*words) -> int:
    return main(["evaluate", *map(str, words)])


def merged(folder) -> dict[tuple, float]:
    rows = read_current_rows(folder)
    return {(row.model, row.source, row.domain): row.sum_logprob for row in rows if row.kind == "merged"}


@pytest.fixture(scope="module")
def scored(study, tmp_path_factory):
    """Format → the folder of the study's scores with its pool in this format."""
    folder = tmp_path_factory.mktemp("scored")
    for name in FORMATS:
        assert evaluate("--run_dir", study, "--output_dir", folder / name, "--pool_format", name) == 0
    return {name: folder / name for name in FORMATS}


def test_scores_are_close_to_those_of_the_components_as_saved(scored):
    exact = merged(scored["saved"])
    errors = {}
    for name in ("bfloat16", "delta"):
        found = merged(scored[name])
        assert found.keys() == exact.keys()
        errors[name] = max(abs(value / exact[key] - 1) for key, value in found.items())
    assert 0 < errors["delta"] < errors["bfloat16"] / 10 < 0.001


def test_only_merges_depend_on_the_format(scored):
    others = [[row for row in read_current_rows(scored[name]) if row.kind != "merged"] for name in FORMATS]
    assert others[0] == others[1] == others[2]
    digests = [
        {row.model_digest for row in read_current_rows(scored[name]) if row.kind == "merged"} for name in FORMATS
    ]
    assert len(set.union(*digests)) == sum(map(len, digests)) == 3 * 7


def test_rows_of_different_formats_in_one_folder_do_not_mix(study, scored, tmp_path, monkeypatch):
    out = shutil.copytree(scored["saved"], tmp_path / "out")
    words = ["--run_dir", study, "--output_dir", out]
    seen = count_tokens(monkeypatch)
    assert evaluate(*words, "--pool_format", "delta") == 0
    assert len(seen) == 7 * 2  # all merges, of single units too, on two sources; nothing else
    assert merged(out) == merged(scored["delta"])
    assert read_manifest(out)["arguments"]["pool_format"] == "delta"
    del seen[:]
    assert evaluate(*words) == 0
    assert seen == [] and read_current_rows(out) == read_current_rows(scored["saved"])
    assert len(read_rows(out)) == len(read_current_rows(out)) + len(merged(out))


def test_differences_are_from_the_seed_that_is_there(study, scored, tmp_path):
    run_dir = shutil.copytree(study, tmp_path / "study")
    save_model(run_dir / "models" / "seed", tiny_model(9), model="seed", kind="seed", mixture=None)

    def digests(folder, name: str) -> set[str]:
        words = ["--run_dir", str(folder), "--output_dir", str(tmp_path / "out"), "--pool_format", name]
        (models,) = chosen_models(find_command("evaluate").parse(words))
        return {model.digest for model in models if model.kind == "merged"}

    assert digests(run_dir, "bfloat16") == digests(study, "bfloat16")
    assert not digests(run_dir, "delta") & digests(study, "delta")


def test_without_a_seed_the_message_says_what_to_do(study, tmp_path, capsys):
    run_dir = shutil.copytree(study, tmp_path / "study")
    (run_dir / "models" / "seed" / "manifest.json").unlink()
    words = ["--run_dir", run_dir, "--output_dir", tmp_path / "out", "--pool_format", "delta"]
    assert evaluate(*words) == 2
    error = capsys.readouterr().err
    assert f"{run_dir / 'models' / 'seed'} is not finished; name the study in `run_dir`" in error
    assert len(error.splitlines()) == 1 and not list((tmp_path / "out").glob("rows*.jsonl"))


def test_a_mergekit_file_is_held_in_the_format_too(study, scored, tmp_path):
    mixture = Mixture.uniform(list(UNITS))
    path = tmp_path / "all.yaml"
    path.write_text(merge_yaml(mixture, component_folders(study)))
    words = ["--model", path, "--data", study / "corpus" / "eval", "--pool_format", "delta"]
    assert evaluate(*words, "--run_dir", study, "--output_dir", tmp_path / "out") == 0
    expected = merged(scored["delta"])
    for (_, source, domain), value in merged(tmp_path / "out").items():
        assert value == pytest.approx(expected[f"merged:{mixture.id}", source, domain], rel=1e-6)


def test_races_of_different_formats_do_not_mix(study, tmp_path, monkeypatch):
    words = ["--run_dir", study, "--output_dir", tmp_path, "--top", 1]
    seen = count_tokens(monkeypatch)
    assert evaluate(*words) == 0
    first = sum(seen)
    del seen[:]
    assert evaluate(*words, "--pool_format", "delta") == 0
    assert sum(seen) >= first / 2  # none of the sums that are there is taken for its own
    del seen[:]
    assert evaluate(*words) == 0
    assert seen == []


def test_the_format_is_a_key_of_recipes(tmp_path, capsys):
    recipe = tmp_path / "evaluate.yaml"
    recipe.write_text("pool_format: delta\n")
    assert find_command("evaluate").parse(["--config", str(recipe)]).pool_format == "delta"
    recipe.write_text("pool_format: float8\n")
    assert evaluate("--config", recipe) == 2
    assert "invalid choice: 'float8'" in capsys.readouterr().err


def test_workers_that_share_the_merges_give_the_scores_of_one(study, scored, tmp_path):
    chosen = [row["id"] for row in read_candidates(study)]
    words = ["--run_dir", study, "--output_dir", tmp_path, "--mixture", *chosen, "--proxy", "merge"]
    arguments = find_command("evaluate").parse([*map(str, words), "--pool_format", "delta"])
    families = [make_family(models, MeasurementOptions()) for models in chosen_models(arguments)]
    sources = find_sources([study / "corpus"], "val")
    prepare = pickle.dumps(partial(make_sweeps, tmp_path, families, sources, False))  # as Ray sends it
    workers = [Processes(index, 2) for index in range(2)]
    sweeps = [sweep for worker in workers for sweep in pickle.loads(prepare)(worker)]
    for sweep, worker in zip(sweeps, workers, strict=True):
        sweep.score_share(worker)
    assert len(list(tmp_path.glob("rows*.jsonl"))) == 2
    found = {(row.model, row.source, row.domain): row.sum_logprob for row in read_rows(tmp_path)}
    assert found == merged(scored["delta"])
