import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_pool import assert_equal, save_model, state, tiny_model
from transformers import AutoModelForCausalLM

from hf_ablate.errors import InputError
from hf_ablate.merging.components import check_components, check_finite
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.merging.written import write_merge
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.saved_model import load_causal_lm, open_tensors, weight_files, weights_digest


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


@pytest.mark.parametrize("key", ["bos_token_id", "eos_token_id", "pad_token_id"])
def test_special_tokens_do_not_make_another_model(folders, key):
    change_config(folders["beta"], **{key: 7})
    check_components(folders)


def change_config(folder, remove=(), **values):
    path = folder / "config.json"
    config = json.loads(path.read_text()) | values
    path.write_text(json.dumps({key: value for key, value in config.items() if key not in remove}))


def test_configurations_of_transformers_4_and_5_are_compared_as_they_are_read(folders):
    new = ("rope_parameters", "dtype", "head_dim")
    old = {"rope_theta": 10000.0, "rope_scaling": None, "torch_dtype": "float32", "transformers_version": "4.40.1"}
    change_config(folders["beta"], new, **old, pretraining_tp=1)
    check_components(folders)
    change_config(folders["beta"], rope_theta=500000.0)
    with pytest.raises(InputError, match="configuration differ in 'rope_parameters'.*10000.*500000"):
        check_components(folders)


def test_buffers_that_transformers_no_longer_reads_do_not_make_another_model(folders):
    merged = state(ResidentPool(folders).merge(Mixture.uniform(list(folders))))
    path = folders["beta"] / "model.safetensors"
    old = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(8)}
    save_file(load_file(path) | old, path, metadata={"format": "pt"})
    check_components(folders)
    assert_equal(state(ResidentPool(folders).merge(Mixture.uniform(list(folders)))), merged)
    written = folders["beta"].parent / "written"
    written.mkdir()
    write_merge(Mixture.uniform(list(folders)), folders, written, "", "float32")
    assert_equal(state(AutoModelForCausalLM.from_pretrained(written)), merged)


def as_bin(folder, shards=1):
    """The model as transformers before 5 saved it."""
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    if shards == 1:
        torch.save(tensors, folder / "pytorch_model.bin")
        return
    places = {name: f"pytorch_model-{number % shards}.bin" for number, name in enumerate(tensors)}
    for place in set(places.values()):
        torch.save({name: tensors[name] for name in tensors if places[name] == place}, folder / place)
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


@pytest.mark.parametrize("shards", [1, 3])
def test_models_saved_as_bin_are_read_as_the_same_models(folders, tmp_path, shards):
    mixture = Mixture.of({"alpha": 1, "beta": 2})
    expected = state(ResidentPool(folders).merge(mixture))
    before = weights_digest(folders["beta"])
    as_bin(folders["beta"], shards)
    assert weights_digest(folders["beta"]) != before
    check_components(folders)
    assert_equal(state(ResidentPool(folders).merge(mixture)), expected)
    (tmp_path / "written").mkdir()
    write_merge(mixture, folders, tmp_path / "written", "", "float32")
    assert_equal(state(AutoModelForCausalLM.from_pretrained(tmp_path / "written")), expected)


class Code:
    def __reduce__(self):
        return (print, ("code was run",))


def test_code_in_a_bin_file_is_refused_and_not_run(folders, capsys):
    (folders["beta"] / "model.safetensors").unlink()
    torch.save({"weight": Code()}, folders["beta"] / "pytorch_model.bin")
    with pytest.raises(InputError, match="pytorch_model.bin is corrupt, or holds more than tensors"):
        check_components(folders)
    assert "code was run" not in capsys.readouterr().out


def test_settings_for_generation_that_are_not_valid_do_not_keep_a_model_from_being_loaded(folders, caplog):
    (folders["alpha"] / "generation_config.json").write_text('{"early_stopping": "x"}')
    model, _ = load_causal_lm(folders["alpha"])
    assert "generation_config.json is not valid" in caplog.text
    model.save_pretrained(folders["alpha"])


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
