"""The architecture in the hands of the libraries that its users train, publish and merge with."""

import json
import os
import subprocess
import sys

import pytest
import torch
from peft import LoraConfig, get_peft_model
from tiny import FIXTURES, tiny_model, tokens
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments


def gradients(model) -> dict[str, torch.Tensor]:
    input_ids = tokens(2, 12)
    model.train()(input_ids=input_ids, labels=input_ids).loss.backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def test_activation_checkpointing_changes_no_gradient():
    plain, checkpointed = tiny_model(), tiny_model()
    checkpointed.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    expected = gradients(plain)
    recomputed = []
    checkpointed.model.transformer.blocks[0].ff_norm.register_forward_hook(lambda *_: recomputed.append(True))
    found = gradients(checkpointed)
    assert len(recomputed) == 2, "once forward, once again for the backward pass"
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient)


def test_torch_compile_takes_the_whole_model_as_one_graph():
    model = tiny_model()
    input_ids = tokens(2, 16)
    # Everything of the compiler but the generated C++, which takes long to build and knows nothing of the model.
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    with torch.no_grad():
        torch.testing.assert_close(
            compiled(input_ids=input_ids, use_cache=False).logits, model(input_ids=input_ids).logits
        )
    loss = compiled(input_ids=input_ids, labels=input_ids, use_cache=False).loss
    loss.backward()
    assert model.model.transformer.blocks[0].att_proj.weight.grad.abs().sum() > 0


def test_lora_finds_the_fused_projection_by_default_and_folds_in_exactly():
    adapted = get_peft_model(tiny_model(), LoraConfig(task_type="CAUSAL_LM", r=4, init_lora_weights=False))
    assert adapted.base_model.targeted_module_names == [
        f"model.transformer.blocks.{layer}.att_proj" for layer in range(2)
    ]
    input_ids = tokens(2, 9)
    with torch.no_grad():
        before = adapted.eval()(input_ids=input_ids).logits
        folded = adapted.merge_and_unload()
        torch.testing.assert_close(folded(input_ids=input_ids).logits, before, atol=1e-4, rtol=1e-4)
    assert (before - tiny_model()(input_ids=input_ids).logits).abs().max() > 1e-2


def test_the_trainer_trains_saves_and_loads_it(tmp_path):
    model = tiny_model()
    rows = [{"input_ids": row, "labels": row} for row in tokens(1, 16).repeat(32, 1)]
    arguments = TrainingArguments(
        tmp_path / "run", use_cpu=True, per_device_train_batch_size=8, max_steps=30, learning_rate=1e-2, bf16=True,
        save_strategy="no", report_to="none", disable_tqdm=True, logging_steps=10,
    )  # fmt: skip
    trainer = Trainer(model, arguments, train_dataset=rows)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[-1] < 0.5 * losses[0]
    trainer.save_model(tmp_path / "saved")
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "saved")
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


def test_wrapping_by_block_finds_the_blocks():
    """What accelerate shards by for FSDP2, and puts on devices by."""
    from accelerate import infer_auto_device_map
    from accelerate.utils import FullyShardedDataParallelPlugin
    from accelerate.utils.fsdp_utils import fsdp2_prepare_auto_wrap_policy

    model = tiny_model()
    plugin = FullyShardedDataParallelPlugin(fsdp_version=2, auto_wrap_policy="transformer_based_wrap")
    plugin.set_auto_wrap_policy(model)
    wraps = fsdp2_prepare_auto_wrap_policy(plugin, model)
    wrapped = [name for name, module in model.named_modules() if wraps(module)]
    assert wrapped == ["model.transformer.blocks.0", "model.transformer.blocks.1"]
    block = sum(p.numel() * 4 for p in model.model.transformer.blocks[0].parameters())
    devices = infer_auto_device_map(
        model, {0: 3 * block, "cpu": "1GB"}, no_split_module_classes=list(model._no_split_modules)
    )
    assert not any(".blocks.0." in name for name in devices), "a block is never split"


def test_fsdp2_shards_it_and_trains_to_the_same_gradients(tmp_path):
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    expected = gradients(tiny_model())
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/rendezvous", rank=0, world_size=1)
    try:
        model = tiny_model()
        mesh = init_device_mesh("cpu", (1,))
        for block in model.model.transformer.blocks:
            fully_shard(block, mesh=mesh)
        fully_shard(model, mesh=mesh)
        found = gradients(model)
        for name, gradient in expected.items():
            torch.testing.assert_close(found[name].full_tensor(), gradient)
    finally:
        torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder as `save_pretrained` and `push_to_hub` write it."""
    folder = tmp_path_factory.mktemp("hub") / "published"
    AutoModelForCausalLM.from_pretrained(FIXTURES / "hf_olmo_safetensors").save_pretrained(folder)
    return folder


def test_a_saved_folder_holds_its_code(published):
    names = {path.name for path in published.iterdir()}
    assert {"configuration_hf_olmo.py", "modeling_hf_olmo.py", "model.safetensors", "config.json"} <= names
    assert json.loads((published / "config.json").read_text())["auto_map"] == {
        "AutoConfig": "configuration_hf_olmo.HfOlmoConfig",
        "AutoModel": "modeling_hf_olmo.HfOlmoModel",
        "AutoModelForCausalLM": "modeling_hf_olmo.HfOlmoForCausalLM",
    }


def test_others_load_a_saved_folder_by_its_code_alone(published, tmp_path):
    code = f"""
import sys
sys.modules["hf_ablate"] = None  # not installed
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForCausalLM
vectors = load_file({str(FIXTURES / "vectors.safetensors")!r})
try:
    AutoModelForCausalLM.from_pretrained({str(published)!r}, trust_remote_code=False)
    sys.exit("loaded without its code")
except ValueError:
    pass
model = AutoModelForCausalLM.from_pretrained({str(published)!r}, trust_remote_code=True)
assert type(model).__module__.startswith("transformers_modules"), type(model)
with torch.no_grad():
    assert (model(input_ids=vectors["input_ids"]).logits - vectors["logits"]).abs().max() < 1e-5
base = AutoModel.from_pretrained({str(published)!r}, trust_remote_code=True)
assert torch.equal(base.transformer.wte.weight, model.get_input_embeddings().weight)
model.save_pretrained("again")
assert type(AutoModelForCausalLM.from_pretrained("again", trust_remote_code=True)).__name__ == "HfOlmoForCausalLM"
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "HF_MODULES_CACHE": str(tmp_path / "modules")},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
