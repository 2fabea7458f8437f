"""Merges on the disk, of architectures that mergekit knows and of others, are the merges in memory."""

import functools

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_architectures import tiny_model
from tiny_pool import assert_equal, make_study, save_model, state
from transformers import AutoModelForCausalLM, AutoTokenizer

from hf_ablate.errors import InputError
from hf_ablate.manifest import read_manifest
from hf_ablate.merging import merge, written
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.merging.written import average_files, write_merge
from hf_ablate.mixtures.mixture import Mixture


MIXTURE = Mixture.of({"alpha": 1, "beta": 2})


@pytest.mark.parametrize("out_dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("model_type", "merged_by"),
    [
        ("llama", "mergekit"),
        ("mixtral", "mergekit"),
        ("gpt_neox", "hf_ablate"),
        ("deepseek_v3", "hf_ablate"),
        ("jamba", "hf_ablate"),
        ("falcon", "hf_ablate"),
        ("cohere", "hf_ablate"),
    ],
)
def test_the_written_merge_is_the_merge_in_memory(model_type, merged_by, out_dtype, tmp_path):
    folders = {
        unit: save_model(tmp_path / unit, tiny_model(model_type, number)) for number, unit in enumerate(MIXTURE.units)
    }
    (tmp_path / "out").mkdir()
    assert write_merge(MIXTURE, folders, tmp_path / "out", "", out_dtype) == merged_by
    dtype = getattr(torch, out_dtype)
    loaded, report = AutoModelForCausalLM.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert loaded.dtype == dtype and not (report["missing_keys"] or report["unexpected_keys"])
    assert_equal(state(loaded), state(ResidentPool(folders, dtype).merge(MIXTURE)))
    assert AutoTokenizer.from_pretrained(tmp_path / "out")("ab")["input_ids"]


def test_large_averages_are_sharded(tmp_path, monkeypatch):
    split = functools.partial(huggingface_hub.split_torch_state_dict_into_shards, max_shard_size="20KB")
    monkeypatch.setattr(huggingface_hub, "split_torch_state_dict_into_shards", split)
    folders = {unit: save_model(tmp_path / unit, tiny_model("llama", n)) for n, unit in enumerate(MIXTURE.units)}
    (tmp_path / "out").mkdir()
    average_files(MIXTURE, folders, tmp_path / "out", "float32")
    assert len(list((tmp_path / "out").glob("*.safetensors"))) > 1
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert_equal(state(loaded), state(ResidentPool(folders).merge(MIXTURE)))


def without_the_last(tensors):
    return dict(list(tensors.items())[:-1])


def with_another(tensors):
    return tensors | {"model.another.weight": torch.zeros(2)}


def with_a_changed_one(tensors):
    name = next(iter(tensors))
    return tensors | {name: tensors[name] + 1e-6}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without_the_last, "lack 1 tensors of the model"),
        (with_another, "model.another.weight, which is not a weight of the model"),
        (with_a_changed_one, "is not the average"),
    ],
)
def test_what_is_not_the_average_is_an_error_and_leaves_nothing(damage, message, tmp_path, monkeypatch):
    study = make_study(tmp_path / "run")

    def write_damaged(original, mixture, folders, output, *arguments):
        original(mixture, folders, output, *arguments)
        path = output / "model.safetensors"
        save_file(damage(load_file(path)), path, metadata={"format": "pt"})

    for name in ("run_mergekit", "average_files"):
        monkeypatch.setattr(written, name, functools.partial(write_damaged, getattr(written, name)))
    with pytest.raises(InputError, match=f"cannot be saved: .*{message}.*Nothing was written"):
        merge.save_merged(study, MIXTURE)
    assert list((study / "models" / "merged").iterdir()) == []


def test_a_merge_that_mergekit_cannot_write_says_so(tmp_path, monkeypatch, caplog):
    def fail(*arguments):
        raise RuntimeError("masked_bias required but not present")

    monkeypatch.setattr(written, "run_mergekit", fail)
    folder = merge.save_merged(make_study(tmp_path / "run"), MIXTURE)
    assert read_manifest(folder)["merged_by"] == "hf_ablate"
    assert (folder / "mergekit_config.yml").read_text().startswith("# mergekit fails on this architecture")
    assert "masked_bias required" in caplog.text
