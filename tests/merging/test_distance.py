"""How far a model is from its seed."""

import math

import pytest
from safetensors.torch import load_file, save_file
from tiny_pool import make_study, save_model, tiny_model

import hf_ablate as ha
from hf_ablate.errors import InputError
from hf_ablate.merging.distance import distance


def test_the_distance_of_a_known_change(tmp_path):
    seed, moved = tiny_model(0), tiny_model(0)
    for parameter in moved.parameters():
        parameter.data += 0.01
    squares = sum(parameter.double().square().sum().item() for parameter in seed.parameters())
    count = sum(parameter.numel() for parameter in seed.parameters())
    folders = save_model(tmp_path / "seed", seed), save_model(tmp_path / "moved", moved)
    found = distance(*folders)
    assert found.rms == pytest.approx(0.01, rel=1e-4)
    assert found.relative == pytest.approx(0.01 * math.sqrt(count / squares), rel=1e-4)
    assert distance(folders[0], folders[0]).rms == 0
    other = save_model(tmp_path / "other", tiny_model(0, intermediate_size=64))
    with pytest.raises(InputError, match="intermediate_size"):
        distance(folders[0], other)


def test_a_seed_whose_file_repeats_a_tied_tensor_is_compared_as_it_is_loaded(tmp_path):
    seed, moved = tiny_model(0, tied=True), tiny_model(0, tied=True)
    for parameter in moved.parameters():
        parameter.data += 0.01
    folders = [save_model(tmp_path / name, model) for name, model in (("seed", seed), ("moved", moved))]
    expected = distance(*folders)
    weights = load_file(folders[0] / "model.safetensors")
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"].clone()
    save_file(weights, folders[0] / "model.safetensors", metadata={"format": "pt"})
    assert distance(*folders).rms == pytest.approx(expected.rms)


def test_a_study_has_a_row_for_each_model_but_the_seed(tmp_path):
    study = ha.Study.open(make_study(tmp_path / "run"))
    frame = study.distances()
    kinds = [model.split(":")[0] for model in frame.index]
    assert kinds == ["component"] * 3 + ["reference"] and (frame.rms > 0).all()
    assert frame.loc["component:alpha", "rms"] == pytest.approx(0.3 * math.sqrt(2), rel=0.1)  # other random weights
