import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from tiny import FIXTURES, VECTORS
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.manifest import read_manifest
from hf_ablate.modeling import output as module
from hf_ablate.modeling.arguments import ConvertArguments
from hf_ablate.modeling.convert import run


COMPOSER = FIXTURES / "composer-tokens-41943040000-rank-0"
SHAPE = FIXTURES / "olmo_raw" / "config.yaml"
HF = FIXTURES / "hf_olmo_safetensors"


def convert(source, output, **options) -> Path:
    run(ConvertArguments(source=str(source), output=output, **options))
    return output


def composer_tensors() -> dict[str, torch.Tensor]:
    return torch.load(COMPOSER, weights_only=True)["state"]["model"]


def hf_tensors() -> dict[str, torch.Tensor]:
    return load_file(HF / "model.safetensors")


def write_hf(folder: Path, tensors: dict, **changes) -> Path:
    """A folder in AI2's form, as a pickle."""
    shutil.copytree(HF, folder)
    (folder / "model.safetensors").unlink()
    torch.save(tensors, folder / "pytorch_model.bin")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


def logits(folder: Path) -> torch.Tensor:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        return model(input_ids=VECTORS["input_ids"]).logits


@pytest.mark.parametrize("form", ["composer", "olmo_raw", "hf_olmo_bin", "hf_olmo_safetensors"])
def test_each_form_gives_the_original_logits_and_one_and_the_same_model(tmp_path, form):
    source, options = (COMPOSER, {"config": SHAPE}) if form == "composer" else (FIXTURES / form, {})
    output = convert(source, tmp_path / "out", **options)
    assert (logits(output) - VECTORS["logits"]).abs().max() < 1e-5
    written = load_file(output / "model.safetensors")
    expected = {name: tensor for name, tensor in hf_tensors().items() if ".attn_out." not in name}
    assert written.keys() == expected.keys()
    assert all(torch.equal(written[name], tensor) for name, tensor in expected.items())
    config = AutoConfig.from_pretrained(output)
    assert (config.attn_out, config.vocab_size, config.embedding_size) == ("identity", 1000, 1024)
    assert (config.eos_token_id, config.pad_token_id, config.architectures) == (999, 998, ["HfOlmoForCausalLM"])


def test_the_output_is_a_complete_folder(tmp_path):
    output = convert(FIXTURES / "hf_olmo_bin", tmp_path / "a" / "out")
    assert {path.name for path in output.iterdir()} == {
        "config.json", "configuration_hf_olmo.py", "modeling_hf_olmo.py", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json", "manifest.json",
    }  # fmt: skip
    assert [path.name for path in output.parent.iterdir()] == ["out"], "nothing temporary is left"
    tokenizer = AutoTokenizer.from_pretrained(output)
    assert tokenizer.decode(tokenizer("x = 1  # é")["input_ids"]) == "x = 1  # é"
    assert (tokenizer.eos_token_id, tokenizer.pad_token_id) == (999, 998)
    text = (output / "manifest.json").read_text()
    assert str(FIXTURES.parent) not in text
    manifest = read_manifest(output)
    assert (manifest["form"], manifest["attn_out"], manifest["parameters"]) == ("hf_olmo", "identity, dropped", 52288)
    assert manifest["arguments"]["source"] == "hf_olmo_bin"


def test_what_was_converted_converts_to_itself(tmp_path):
    once = convert(HF, tmp_path / "once")
    twice = convert(once, tmp_path / "twice")
    assert (once / "model.safetensors").read_bytes() == (twice / "model.safetensors").read_bytes()
    assert (once / "config.json").read_text() == (twice / "config.json").read_text()


def test_a_tokenizer_can_be_given_to_a_checkpoint_without_one(tmp_path):
    assert not (convert(COMPOSER, tmp_path / "a", config=SHAPE) / "tokenizer.json").exists()
    output = convert(COMPOSER, tmp_path / "b", config=SHAPE, tokenizer=str(HF))
    assert len(AutoTokenizer.from_pretrained(output)) == 1000
    with pytest.raises(InputError, match="no tokenizer can be loaded"):
        convert(COMPOSER, tmp_path / "c", config=SHAPE, tokenizer=str(tmp_path))


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.model.", "_fsdp_wrapped_module."])
def test_prefixes_of_wrappers_are_taken_off(tmp_path, prefix):
    folder = tmp_path / "wrapped"
    shutil.copytree(FIXTURES / "olmo_raw", folder)
    tensors = torch.load(folder / "model.pt", weights_only=True)
    torch.save({f"{prefix}{name}": tensor for name, tensor in tensors.items()}, folder / "model.pt")
    assert torch.equal(logits(convert(folder, tmp_path / "out")), logits(convert(HF, tmp_path / "hf")))


@pytest.mark.parametrize("kind", ["bin", "safetensors"])
def test_shards_are_read_through_their_index(tmp_path, kind):
    folder = tmp_path / "sharded"
    shutil.copytree(HF, folder)
    (folder / "model.safetensors").unlink()
    stem, save = ("pytorch_model", torch.save) if kind == "bin" else ("model", save_file)
    tensors = list(hf_tensors().items())
    shards = {f"{stem}-{number}-of-2.{kind}": dict(tensors[number - 1 :: 2]) for number in (1, 2)}
    for name, shard in shards.items():
        save(shard, folder / name)
    index = {"weight_map": {tensor: name for name, shard in shards.items() for tensor in shard}}
    (folder / f"{stem}.{kind}.index.json").write_text(json.dumps(index))
    assert (logits(convert(folder, tmp_path / "out")) - VECTORS["logits"]).abs().max() < 1e-5
    (folder / f"{stem}-2-of-2.{kind}").unlink()
    with pytest.raises(InputError, match=f"lacks {stem}-2-of-2"):
        convert(folder, tmp_path / "incomplete")


def test_the_early_releases_that_call_themselves_olmo_are_converted(tmp_path):
    folder = write_hf(tmp_path / "early", hf_tensors(), model_type="olmo")
    assert (logits(convert(folder, tmp_path / "out")) - VECTORS["logits"]).abs().max() < 1e-5


def test_transformers_own_olmo_is_left_to_transformers(tmp_path):
    folder = tmp_path / "olmo"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "olmo", "hidden_size": 64}')
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="needs no conversion"):
        convert(folder, tmp_path / "out")


def test_files_from_before_archives_are_read(tmp_path):
    folder = write_hf(tmp_path / "old", {})
    torch.save(hf_tensors(), folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    assert (logits(convert(folder, tmp_path / "out")) - VECTORS["logits"]).abs().max() < 1e-5


@pytest.mark.parametrize("tensor", ["weight", "bias"])
def test_an_attention_output_that_is_no_exact_identity_is_kept(tmp_path, tensor):
    tensors = hf_tensors()
    tensors[f"model.transformer.blocks.1.attn_out.{tensor}"].view(-1)[5] += 1e-7
    output = convert(write_hf(tmp_path / "linear", tensors), tmp_path / "out")
    assert read_manifest(output)["attn_out"] == "linear, kept"
    model = AutoModelForCausalLM.from_pretrained(output)
    assert model.config.attn_out == "linear"
    for name in ("weight", "bias"):
        kept = getattr(model.model.transformer.blocks[1].attn_out, name)
        assert torch.equal(kept, tensors[f"model.transformer.blocks.1.attn_out.{name}"])


def test_dtype_converts_each_weight(tmp_path):
    written = load_file(convert(HF, tmp_path / "out", dtype="bfloat16") / "model.safetensors")
    for name, tensor in hf_tensors().items():
        if ".attn_out." not in name:
            assert torch.equal(written[name], tensor.bfloat16()), name
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "out").dtype == torch.bfloat16
    kept = convert(tmp_path / "out", tmp_path / "again")
    assert load_file(kept / "model.safetensors")["model.transformer.ln_f.bias"].dtype == torch.bfloat16


class Evil:
    def __reduce__(self):
        return (Path.touch, (Path("/tmp/hf-ablate-was-here"),))


@pytest.mark.parametrize("place", ["beside the model", "in place of it"])
def test_a_pickle_with_more_than_tensors_is_refused_and_not_run(tmp_path, place):
    path = tmp_path / "evil.pt"
    state = {"model": composer_tensors(), "callbacks": Evil()}
    if place == "beside the model":
        torch.save({"state": state}, path)
    else:
        path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(InputError, match="can run any code"):
        convert(path, tmp_path / "out", config=SHAPE)
    assert not Path("/tmp/hf-ablate-was-here").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", COMPOSER.read_bytes()[:100_000]])
def test_damaged_files_are_named(tmp_path, content):
    path = tmp_path / "damaged.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"damaged\.pt"):
        convert(path, tmp_path / "out", config=SHAPE)


def test_what_does_not_fit_is_listed_by_name_and_nothing_is_written(tmp_path):
    tensors = hf_tensors()
    del tensors["model.transformer.blocks.0.q_norm.bias"]
    tensors["model.transformer.blocks.1.ff_out.weight"] = torch.zeros(32, 63)
    tensors["model.transformer.wpe.weight"] = torch.zeros(128, 32)
    with pytest.raises(InputError) as caught:
        convert(write_hf(tmp_path / "wrong", tensors), tmp_path / "out")
    message = str(caught.value)
    assert "missing: model.transformer.blocks.0.q_norm.bias" in message
    assert "unexpected: model.transformer.wpe.weight" in message
    assert "misshaped: model.transformer.blocks.1.ff_out.weight is [32, 63], expected [32, 64]" in message
    assert not (tmp_path / "out").exists()


def test_an_output_layer_must_be_the_embedding(tmp_path):
    tensors = hf_tensors()
    tensors["lm_head.weight"] = tensors["model.transformer.wte.weight"].clone()
    assert (
        logits(convert(write_hf(tmp_path / "a", tensors), tmp_path / "tied")) - VECTORS["logits"]
    ).abs().max() < 1e-5
    tensors["lm_head.weight"][0, 0] += 1
    with pytest.raises(InputError, match=r"lm_head\.weight differs"):
        convert(write_hf(tmp_path / "b", tensors), tmp_path / "untied")


def test_another_architecture_is_refused(tmp_path):
    with pytest.raises(InputError, match="alibi"):
        convert(write_hf(tmp_path / "alibi", hf_tensors(), alibi=True), tmp_path / "out")


def test_the_shape_must_be_given_once(tmp_path):
    with pytest.raises(InputError, match=r"give its shape: .*width 32 and 2 layers"):
        convert(COMPOSER, tmp_path / "out")
    with pytest.raises(InputError, match=r"leave --size out"):
        convert(HF, tmp_path / "out", size="130m")
    with pytest.raises(InputError, match="both"):
        convert(COMPOSER, tmp_path / "out", size="130m", config=SHAPE)
    with pytest.raises(InputError, match=r"misshaped: .*wte"):
        convert(COMPOSER, tmp_path / "out", size="130m")
    with pytest.raises(InputError, match="cannot be read"):
        convert(COMPOSER, tmp_path / "out", config=tmp_path / "none.yaml")


def test_a_released_size_is_recognised(tmp_path):
    tensors = {"model.wte.weight": torch.zeros(1, 1024)}
    tensors |= {f"model.blocks.{layer}.att_proj.weight": torch.zeros(1) for layer in range(24)}
    torch.save({"state": {"model": tensors}}, tmp_path / "rank0.pt")
    with pytest.raises(InputError, match="--size 300m"):
        convert(tmp_path / "rank0.pt", tmp_path / "out")


def test_a_flat_yaml_gives_the_shape(tmp_path):
    shape = yaml.safe_load(SHAPE.read_text())["model"]
    names = ("d_model", "n_heads", "n_layers", "vocab_size", "embedding_size", "max_sequence_length")
    (tmp_path / "shape.yaml").write_text(yaml.safe_dump({name: shape[name] for name in names}))
    assert (
        logits(convert(COMPOSER, tmp_path / "o", config=tmp_path / "shape.yaml")) - VECTORS["logits"]
    ).abs().max() < 1e-5


def test_an_existing_output_stays_unless_it_is_a_model_to_overwrite(tmp_path):
    output = convert(HF, tmp_path / "out", dtype="bfloat16")
    before = (output / "model.safetensors").read_bytes()
    with pytest.raises(InputError, match="--overwrite"):
        convert(HF, output)
    assert (output / "model.safetensors").read_bytes() == before
    convert(HF, output, overwrite=True)
    assert read_manifest(output)["dtype"] == "float32"
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.tex").write_text("")
    with pytest.raises(InputError, match="not a model's folder"):
        convert(HF, other, overwrite=True)
    with pytest.raises(InputError, match="checkpoint itself"):
        convert(output, output, overwrite=True)
    assert (output / "model.safetensors").is_file()


def test_a_failure_while_writing_leaves_the_old_output(tmp_path, monkeypatch):
    output = convert(HF, tmp_path / "out", dtype="bfloat16")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_safetensors", full)
    with pytest.raises(OSError, match="No space"):
        convert(HF, output, overwrite=True)
    assert read_manifest(output)["dtype"] == "bfloat16"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_command_line(tmp_path, capsys):
    output = tmp_path / "out"
    words = ["convert", str(COMPOSER), str(output), "--config", str(SHAPE), "--output_format", "json"]
    assert main([*words, "--dry_run"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] is False
    assert not output.exists()
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out) == {
        "output": str(output), "written": True, "form": "composer", "attn_out": "none", "parameters": 52288,
        "dtype": "float32", "tokenizer": False,
    }  # fmt: skip
    assert main(words) == 2
    assert "already exists" in capsys.readouterr().err
    assert main(["convert", "nobody/nothing-here", str(tmp_path / "x")]) == 2
    message = capsys.readouterr().err
    assert "HF_HUB_OFFLINE is set" in message
    assert "Traceback" not in message
    assert main(["convert", str(tmp_path / "absent"), str(tmp_path / "x")]) == 2
    assert "does not exist" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main(["convert", str(HF), str(tmp_path / "file" / "x")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert main(["convert", str(tmp_path), str(tmp_path / "x")]) == 2
    assert "neither config.json nor model.pt" in capsys.readouterr().err


def test_memory_stays_within_a_fifth_of_the_checkpoint_s_size(tmp_path):
    """At its peak the process holds at most 1.2 times the checkpoint more than it takes to import the libraries."""
    code = f"""
import re, torch
from pathlib import Path
from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM
from hf_ablate.modeling.arguments import ConvertArguments
from hf_ablate.modeling.convert import run
from transformers import PreTrainedTokenizerFast

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

before = peak()
folder = Path({str(tmp_path)!r})
run(ConvertArguments(source=str(folder / "big.pt"), output=folder / "out", config=folder / "shape.yaml"))
size = (folder / "big.pt").stat().st_size
assert size > 1e8, size
assert peak() - before < 1.2 * size, ((peak() - before) / size)
"""
    shape = {"d_model": 512, "n_layers": 4, "n_heads": 8}
    (tmp_path / "shape.yaml").write_text(yaml.safe_dump(shape))
    from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM

    with torch.device("meta"):
        names = HfOlmoForCausalLM(HfOlmoConfig(**shape)).model.state_dict()
    tensors = {name: torch.zeros(tensor.shape) for name, tensor in names.items()}
    torch.save({"state": {"model": tensors}}, tmp_path / "big.pt")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
