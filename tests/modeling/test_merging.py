"""The seeds' architecture through both merging back-ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import FIXTURES, tiny_model, tokens
from tiny_pool import save_model
from transformers import AutoModelForCausalLM

from hf_ablate.errors import InputError
from hf_ablate.merging.merge import save_merged
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture


MIXTURE = Mixture.of({"alpha": 0.3, "beta": 0.7})


def make_components(run_dir: Path, **changes) -> dict[str, Path]:
    folders = {}
    for number, (unit, attn_out) in enumerate(changes.items()):
        model = tiny_model(number, vocab_size=257, embedding_size=264, attn_out=attn_out)
        facts = {"model": f"component:{unit}", "kind": "component", "mixture": {unit: 1.0}}
        folders[unit] = save_model(run_dir / "models" / "components" / unit, model, **facts)
    return folders


@pytest.mark.parametrize("attn_out", ["identity", "linear"])
def test_both_back_ends_give_the_average_to_the_last_bit(tmp_path, attn_out):
    components = make_components(tmp_path, alpha=attn_out, beta=attn_out)
    saved = save_merged(tmp_path, MIXTURE)
    stored = load_file(saved / "model.safetensors")
    assert "lm_head.weight" not in stored, "tied embeddings stay tied"
    for name, tensor in stored.items():
        alpha, beta = (load_file(folder / "model.safetensors")[name].double() for folder in components.values())
        torch.testing.assert_close(tensor.double(), 0.3 * alpha + 0.7 * beta, atol=1e-6, rtol=1e-6)
    loaded = AutoModelForCausalLM.from_pretrained(saved)
    assert loaded.lm_head.weight is loaded.model.transformer.wte.weight
    assert loaded.config.attn_out == attn_out
    resident = ResidentPool(components).merge(MIXTURE)
    for name, tensor in resident.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    input_ids = tokens(2, 9)
    with torch.no_grad():
        assert torch.equal(resident(input_ids=input_ids).logits, loaded.eval()(input_ids=input_ids).logits)


def test_a_saved_merge_holds_its_code_and_its_yaml_gives_the_same_bytes(tmp_path):
    make_components(tmp_path, alpha="identity", beta="identity")
    saved = save_merged(tmp_path, MIXTURE)
    assert {"configuration_hf_olmo.py", "modeling_hf_olmo.py"} <= {path.name for path in saved.iterdir()}
    yaml = saved / "mergekit_config.yml"
    assert "--trust-remote-code" in yaml.read_text()
    command = [Path(sys.executable).with_name("mergekit-yaml"), yaml, "by_mergekit", "--trust-remote-code"]
    environment = os.environ | {"HF_MODULES_CACHE": str(tmp_path / "modules")}
    # Without the registration of hf_ablate: mergekit's own command knows the architecture by its code alone.
    result = subprocess.run(
        [*command, "--no-write-model-card"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    (written,) = (tmp_path / "by_mergekit").glob("*.safetensors")
    assert written.read_bytes() == (saved / "model.safetensors").read_bytes()


def test_a_model_with_an_attention_output_is_not_merged_with_one_without(tmp_path):
    components = make_components(tmp_path, alpha="identity", beta="linear")
    message = "alpha and .*beta cannot be averaged: only one of them has an attention output projection"
    with pytest.raises(InputError, match=message):
        save_merged(tmp_path, MIXTURE)
    with pytest.raises(InputError, match=message):
        ResidentPool(components)
    assert not (tmp_path / "models" / "merged").exists()


def test_released_folders_merge_as_they_are(tmp_path):
    """With the identity that their conversion added, which no back-end may count in."""
    pool = ResidentPool({"a": FIXTURES / "hf_olmo_safetensors"})
    merged = pool.merge(Mixture.of({"a": 1}))
    own = AutoModelForCausalLM.from_pretrained(FIXTURES / "hf_olmo_safetensors")
    assert torch.equal(merged.lm_head.weight, own.lm_head.weight)
    assert not any("attn_out" in name for name, _ in merged.named_parameters())
