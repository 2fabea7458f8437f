"""The directions and lengths of components' updates, against known ones."""

import json
import logging
import math
import shutil

import pytest
import torch
from tiny_pool import make_study, save_model, tiny_model

import hf_ablate as ha
from hf_ablate.errors import InputError
from hf_ablate.merging import updates as module
from hf_ablate.merging.pool_updates import pool_updates, read_updates
from hf_ablate.merging.updates import find_updates
from hf_ablate.run_folder import RunFolder


def moved(folder, **changes):
    """The seed with something added to parameters whose names end so."""
    model = tiny_model(0)
    for name, parameter in model.named_parameters():
        parameter.data += changes.get(name.rpartition(".proj")[0] or name.split(".")[-2], 0.0)
    return save_model(folder, model)


@pytest.mark.parametrize("at_once", [1 << 23, 1000])
def test_known_updates(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(module, "_NUMBERS_AT_ONCE", at_once)
    seed = save_model(tmp_path / "seed", tiny_model(0))
    components = {
        "up": moved(tmp_path / "up", up_proj=0.01),
        "opposed": moved(tmp_path / "opposed", up_proj=-0.02),
        "elsewhere": moved(tmp_path / "elsewhere", down_proj=0.01),
        "both": moved(tmp_path / "both", up_proj=0.01, down_proj=0.01),
    }
    found = find_updates(seed, components)
    numbers = 2 * 32 * 48  # of the up projections of two layers, and of the down projections
    half = math.sqrt(0.5)
    expected = [[1, -1, 0, half], [-1, 1, 0, -half], [0, 0, 1, half], [half, -half, half, 1]]
    assert found.cosines == pytest.approx(torch.tensor(expected).numpy(), abs=1e-5)
    assert found.lengths / math.sqrt(numbers) == pytest.approx([0.01, 0.02, 0.01, 0.01 * math.sqrt(2)], rel=1e-4)
    average = 0.01 * math.sqrt(numbers) * math.hypot((1 - 2 + 1) / 4, (1 + 1) / 4)
    assert found.kept == pytest.approx(average / found.lengths.mean(), rel=1e-3)
    squares = sum(parameter.double().square().sum().item() for parameter in tiny_model(0).parameters())
    assert found.seed_length == pytest.approx(math.sqrt(squares))


def test_a_seed_without_a_tensor_of_the_components_is_refused(tmp_path):
    seed = save_model(tmp_path / "seed", tiny_model(0, tied=True))
    components = {name: save_model(tmp_path / name, tiny_model(0, tied=False)) for name in ("up", "down")}
    with pytest.raises(InputError, match=r"up has no update from .*seed: tensor 'lm_head.weight' is .* missing in"):
        find_updates(seed, components)


def test_updates_are_found_once_and_stay_where_the_weights_do_not(tmp_path, caplog):
    run_dir = make_study(tmp_path / "run")
    folder = RunFolder(run_dir)
    with caplog.at_level(logging.INFO):
        assert pool_updates(run_dir, most_bytes=1000) is None and read_updates(run_dir) is None
    assert "GB of weights would be read; `hf-ablate report --slow all`" in caplog.text
    found = pool_updates(run_dir)
    written = folder.updates_file.read_bytes()
    assert {row["component"] for row in json.loads(written)["updates"]} == {"alpha", "beta", "gamma"}
    again = pool_updates(run_dir, most_bytes=0)  # read, as nothing has changed
    assert again.components == found.components and again.products == pytest.approx(found.products)
    frame = ha.Study.open(run_dir).cosines()
    assert frame.loc["alpha", "beta"] == pytest.approx(0.5, abs=0.1)  # two random models, less a third
    save_model(folder.component("beta"), tiny_model(7), model="component:beta", kind="component")
    assert pool_updates(run_dir).products != pytest.approx(found.products)
    study = run_dir / "studies" / "pairs"
    assert pool_updates(study).components == found.components  # a study over the same pool
    shutil.rmtree(folder.models)
    assert pool_updates(run_dir).components == found.components
    shutil.rmtree(folder.updates)
    with pytest.raises(InputError, match="does not hold the weights of the seed and of two components"):
        ha.Study.open(run_dir).cosines()


def test_components_that_are_no_pool_are_left_out_with_a_word(tmp_path, caplog):
    run_dir = make_study(tmp_path / "run")
    facts = {"model": "component:beta", "kind": "component", "mixture": {"beta": 1.0}}
    save_model(RunFolder(run_dir).component("beta"), tiny_model(1, intermediate_size=64), **facts)
    with caplog.at_level(logging.WARNING):
        assert pool_updates(run_dir) is None
    assert "updates of components are left out" in caplog.text and "intermediate_size" in caplog.text
