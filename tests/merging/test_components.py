import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_pool import save_model, tiny_model

from hf_ablate.errors import InputError
from hf_ablate.merging.components import check_components, check_finite
from hf_ablate.saved_model import open_tensors, weight_files


@pytest.fixture
def folders(tmp_path):
    return {unit: save_model(tmp_path / unit, tiny_model(number)) for number, unit in enumerate(("alpha", "beta"))}


def test_equal_architectures_pass(folders):
    check_components(folders)


def test_sharded_models_are_read(tmp_path):
    model = tiny_model(0)
    model.save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(weight_files(tmp_path)) > 1
    tensors = open_tensors(tmp_path)
    assert all(torch.equal(tensors[name], parameter) for name, parameter in model.named_parameters())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"intermediate_size": 40}, "configuration differ in 'intermediate_size': 48 and 40"),
        ({"tied": False}, "configuration differ in 'tie_word_embeddings'"),
    ],
)
def test_another_architecture_is_refused(folders, tmp_path, changes, message):
    folders["gamma"] = save_model(tmp_path / "gamma", tiny_model(3, **changes))
    with pytest.raises(InputError, match=message):
        check_components(folders)


@pytest.mark.parametrize("key", ["seed_digest", "tokenizer_digest"])
def test_another_seed_or_tokenizer_is_refused(folders, key):
    manifest = json.loads((folders["beta"] / "manifest.json").read_text())
    (folders["beta"] / "manifest.json").write_text(json.dumps(manifest | {key: "another"}))
    with pytest.raises(InputError, match=f"alpha and .*beta cannot be averaged: origin differ in '{key}'"):
        check_components(folders)


def test_an_extra_tensor_is_refused(folders):
    path = folders["beta"] / "model.safetensors"
    save_file(load_file(path) | {"extra": torch.zeros(2)}, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match="tensor shapes differ in 'extra': missing and"):
        check_components(folders)


def test_a_corrupt_file_is_named(folders):
    path = folders["beta"] / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"beta/model.safetensors is corrupt"):
        check_components(folders)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused(folders, value):
    path = folders["beta"] / "model.safetensors"
    tensors = load_file(path)
    tensors["model.norm.weight"][3] = value
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match="model.norm.weight holds NaN or infinity"):
        check_finite(open_tensors(folders["beta"]), folders["beta"])


def test_folders_without_model_or_weights_are_refused(folders, tmp_path):
    with pytest.raises(InputError, match="has no config.json"):
        weight_files(tmp_path / "nothing")
    (folders["beta"] / "model.safetensors").unlink()
    with pytest.raises(InputError, match="neither model.safetensors nor"):
        weight_files(folders["beta"])
