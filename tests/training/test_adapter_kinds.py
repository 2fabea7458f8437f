"""Every kind of LoRA folds into the model that its adapter makes of the seed, or is refused before training."""

import json
import logging
import shutil

import pytest
import torch
from pool_files import manifests, same_weights, weights
from tiny_corpus import BLOCK, TINY, make_mixtures, make_run_dir, tiny_arguments
from transformers import AutoModelForCausalLM

from hf_ablate.errors import InputError
from hf_ablate.merging.components import check_components
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.training import folding
from hf_ablate.training.train import run


TIED = {"config_overrides": f"{TINY},tie_word_embeddings=true", "peft": "lora", "lora_r": 2, "lora_alpha": 8.0}
EXPERTS = {
    "model_type": "mixtral",
    "config_overrides": f"{TINY},num_key_value_heads=2,num_local_experts=2",
    "peft": "lora",
    "lora_r": 2,
}
KINDS = {
    "all-linear": {"lora_target_modules": ["all-linear"]},
    "tied output": {"lora_target_modules": ["lm_head"]},
    "tied input": {"lora_target_modules": ["embed_tokens", "q_proj"]},
    "both ends": {"lora_target_modules": ["embed_tokens", "lm_head"]},
    "whole output": {"lora_modules_to_save": ["lm_head"]},
    "whole input and a norm": {"lora_modules_to_save": ["embed_tokens", "norm"]},
    "adapted input, whole output": {"lora_target_modules": ["embed_tokens"], "lora_modules_to_save": ["lm_head"]},
    "DoRA of all": {"lora_target_modules": ["embed_tokens", "q_proj", "lm_head"], "use_dora": True},
    "rank-stabilised": {"use_rslora": True},
}
IDS = torch.arange(2 * BLOCK).reshape(2, BLOCK)


def seed_pool(folder, **options):
    run_dir = make_run_dir(folder / "run")
    make_mixtures(run_dir, [])
    run(tiny_arguments(run_dir, model="seed", **options))
    return run_dir


@pytest.fixture(scope="module")
def tied_pool(tmp_path_factory):
    """A pool of only a seed, whose input and output embeddings are tied."""
    return seed_pool(tmp_path_factory.mktemp("tied"), **TIED)


@pytest.fixture(scope="module")
def pool_of_experts(tmp_path_factory):
    return seed_pool(tmp_path_factory.mktemp("experts"), **EXPERTS)


def with_components(pool, tmp_path, *units, **options):
    run_dir = shutil.copytree(pool, tmp_path / "run")
    for unit in units:
        run(tiny_arguments(run_dir, model=f"component:{unit}", **options))
    return {unit: run_dir / "models/components" / unit for unit in units}


@torch.no_grad()
def logits(model):
    return model.eval()(IDS).logits


def adapted_logits(folder):
    from peft import AutoPeftModelForCausalLM

    return logits(AutoPeftModelForCausalLM.from_pretrained(folder / "adapter"))


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_the_saved_model_is_the_adapter_on_the_seed_and_is_averaged(tied_pool, tmp_path, monkeypatch, kind):
    folders = with_components(tied_pool, tmp_path, "alpha", "beta", **TIED | KINDS[kind])
    monkeypatch.chdir(tmp_path)  # the adapter finds its seed from anywhere
    for folder in folders.values():
        saved = logits(AutoModelForCausalLM.from_pretrained(folder))
        torch.testing.assert_close(saved, adapted_logits(folder), rtol=1e-4, atol=1e-4)
        seed = logits(AutoModelForCausalLM.from_pretrained(tmp_path / "run/models/seed"))
        assert (saved - seed).abs().max() > 0.1
    check_components(folders)
    merged = ResidentPool(folders, torch.float32, "cpu").merge(Mixture.uniform(["alpha", "beta"])).state_dict()
    alpha, beta = (weights(tmp_path / "run", f"component:{unit}") for unit in ("alpha", "beta"))
    for name in alpha:
        torch.testing.assert_close(merged[name], (alpha[name] + beta[name]) / 2, rtol=0, atol=1e-6)


def test_fused_experts_are_adapted_where_they_are_named(pool_of_experts, tmp_path):
    names = ["experts.gate_up_proj", "experts.down_proj"]
    options = EXPERTS | {"lora_target_modules": ["q_proj"], "lora_target_parameters": names}
    folder = with_components(pool_of_experts, tmp_path, "alpha", **options)["alpha"]
    saved = logits(AutoModelForCausalLM.from_pretrained(folder))
    torch.testing.assert_close(saved, adapted_logits(folder), rtol=1e-4, atol=1e-4)
    seed, component = weights(tmp_path / "run", "seed"), weights(tmp_path / "run", "component:alpha")
    assert {name for name in seed if "experts" in name} <= {n for n in seed if (seed[n] != component[n]).any()}


def test_experts_without_adapters_and_untied_embeddings_are_said(pool_of_experts, tied_pool, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        with_components(pool_of_experts, tmp_path / "a", "alpha", **EXPERTS | {"lora_target_modules": ["q_proj"]})
        assert "lora_target_parameters: experts.down_proj experts.gate_up_proj" in caplog.text
        assert "are tied" not in caplog.text
        with_components(tied_pool, tmp_path / "b", "alpha", **TIED | KINDS["tied output"])
    assert "components and reference models are saved with both" in caplog.text


def test_an_interrupted_adapter_with_whole_layers_and_magnitudes_ends_with_the_same_bits(
    tied_pool, tmp_path, monkeypatch
):
    from hf_ablate.training import callbacks

    kind = {"lora_modules_to_save": ["norm"], "lora_target_modules": ["lm_head", "v_proj"], "use_dora": True}
    options = TIED | kind | {"save_steps": 2}
    with_components(tied_pool, tmp_path / "whole", "alpha", **options)

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(callbacks.ProgressCallback, "on_step_end", on_step_end)
        with_components(tied_pool, tmp_path / "resumed", "alpha", **options)
    run(tiny_arguments(tmp_path / "resumed/run", model="component:alpha", **options))
    resumed, whole = (weights(tmp_path / name / "run", "component:alpha") for name in ("resumed", "whole"))
    assert same_weights(resumed, whole)


def test_a_fold_that_is_not_the_adapter_leaves_no_model(tied_pool, tmp_path, monkeypatch):
    monkeypatch.setattr(folding, "_untie", lambda model: None)  # as peft folds it
    with pytest.raises(InputError, match="alpha: folding its adapter into the seed gives another model"):
        with_components(tied_pool, tmp_path, "alpha", **TIED | KINDS["tied output"])
    folder = tmp_path / "run/models/components/alpha"
    assert not [*folder.glob("*.safetensors"), *folder.glob("*adapter*"), *folder.glob(".*")]
    assert "component:alpha" not in manifests(tmp_path / "run")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"lora_target_modules": ["q_proj", "v_prj"]}, "'v_prj'; did you mean 'v_proj'"),
        ({"lora_modules_to_save": ["lm_haed"]}, "'lm_haed'; did you mean 'lm_head'"),
        ({"lora_target_parameters": ["norm.wight"]}, "'norm.wight'; did you mean 'norm.weight'"),
        ({"lora_target_modules": ["all-linear", "lm_head"]}, "give all-linear alone"),
        (
            {"peft": None, "lora_r": 16, "lora_alpha": 32, "use_dora": True},
            "`use_dora` is for adapters.*set peft: lora",
        ),
        ({"lora_target_parameters": ["q_proj.weight"]}, "the adapters cannot be made .*: .*q_proj"),
        ({"lora_modules_to_save": ["q_proj"], "lora_target_modules": ["q_proj"]}, "the adapters cannot be made"),
    ],
)
def test_what_cannot_be_is_refused_before_training(tied_pool, tmp_path, options, message):
    with pytest.raises(InputError, match=message) as error:
        with_components(tied_pool, tmp_path, "alpha", **TIED | options)
    assert "\n" not in str(error.value)
    assert set(manifests(tmp_path / "run")) == {"seed"}


def test_fused_experts_with_dora_are_refused_before_training(pool_of_experts, tmp_path):
    options = {"lora_target_parameters": ["experts.down_proj"], "use_dora": True}
    with pytest.raises(InputError, match="the adapters cannot be made .*: .*use_dora"):
        with_components(pool_of_experts, tmp_path, "alpha", **EXPERTS | options)


def test_layers_that_peft_cannot_adapt_are_named_with_those_that_there_are(tmp_path):
    small = "hidden_size=16,num_hidden_layers=1,state_size=4,time_step_rank=2,intermediate_size=32"
    run_dir = seed_pool(tmp_path, model_type="mamba", config_overrides=small)
    options = {"model_type": "mamba", "config_overrides": small, "peft": "lora", "model": "component:alpha"}
    message = r"there are embeddings, in_proj, x_proj, dt_proj, out_proj, lm_head\): .*'out_proj' is incompatible"
    with pytest.raises(InputError, match=message):
        run(tiny_arguments(run_dir, **options))
    run(tiny_arguments(run_dir, **options, lora_target_modules=["in_proj", "x_proj"]))
    assert set(manifests(run_dir)) == {"seed", "component:alpha"}


def test_an_untied_model_says_so_itself_and_peft_says_nothing(tied_pool, tmp_path, recwarn):
    options = TIED | KINDS["tied output"] | {"save_steps": 2}
    folder = with_components(tied_pool, tmp_path, "alpha", **options)["alpha"]
    assert not [warning for warning in recwarn if "peft" in warning.filename or "deprecated" in str(warning.message)]
    assert json.loads((folder / "config.json").read_text())["tie_word_embeddings"] is False
