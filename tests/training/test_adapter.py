"""LoRA components: adapters on disk, whole models for everybody who merges or evaluates."""

import json

import pytest
import torch
from pool_files import ALPHA_BETA, COMPONENTS, changed, manifests, same_weights, stamps, weights
from tiny_corpus import make_mixtures, make_run_dir, tiny_arguments
from transformers import AutoModelForCausalLM

from hf_ablate.errors import InputError
from hf_ablate.merging.components import check_components
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.training.train import run


LORA = {"peft": "lora", "lora_r": 2, "lora_alpha": 8.0}


@pytest.fixture(scope="module")
def lora_pool(tmp_path_factory):
    """A pool whose components and reference model are adapters, only to be read."""
    run_dir = make_run_dir(tmp_path_factory.mktemp("lora") / "run")
    make_mixtures(run_dir, [{"alpha": 1, "beta": 1}])
    run(tiny_arguments(run_dir, **LORA))
    return run_dir


def test_only_the_seed_is_trained_whole(lora_pool, trained):
    assert set(manifests(lora_pool)) == {"seed", ALPHA_BETA} | COMPONENTS
    assert same_weights(weights(lora_pool, "seed"), weights(trained, "seed"))
    assert not (lora_pool / "models/seed/adapter").exists()


def test_a_component_is_its_seed_plus_a_low_rank_update_of_linear_layers(lora_pool):
    seed, component = weights(lora_pool, "seed"), weights(lora_pool, "component:alpha")
    assert component.keys() == seed.keys()
    for name, weight in component.items():
        update = weight - seed[name]
        if "_proj" in name:
            assert 1 <= torch.linalg.matrix_rank(update, atol=1e-6) <= 2, name
        else:
            assert not update.any(), name


def test_the_adapter_on_the_seed_is_the_saved_model(lora_pool):
    from peft import PeftModel

    folder = lora_pool / "models/components/beta"
    seed = AutoModelForCausalLM.from_pretrained(lora_pool / "models/seed")
    adapted = PeftModel.from_pretrained(seed, folder / "adapter")
    folded = AutoModelForCausalLM.from_pretrained(folder)
    ids = torch.arange(16)[None]
    torch.testing.assert_close(adapted(ids).logits, folded(ids).logits, rtol=1e-5, atol=1e-5)
    assert same_weights(adapted.merge_and_unload().state_dict(), folded.state_dict())
    saved = json.loads((folder / "adapter/adapter_config.json").read_text())
    assert saved["base_model_name_or_path"] == str((lora_pool / "models/seed").resolve())


def test_the_proxy_is_the_average_of_the_folded_models_and_not_of_the_factors(lora_pool):
    folders = {unit: lora_pool / "models/components" / unit for unit in ("alpha", "gamma")}
    check_components(folders)
    proxy = ResidentPool(folders, torch.float32, "cpu")
    mixture = Mixture.of({"alpha": 0.25, "gamma": 0.75})
    merged = proxy.merge(mixture).state_dict()
    alpha, gamma = weights(lora_pool, "component:alpha"), weights(lora_pool, "component:gamma")
    for name in alpha:
        torch.testing.assert_close(merged[name], 0.25 * alpha[name] + 0.75 * gamma[name], rtol=0, atol=1e-7)


def test_components_of_two_seeds_are_not_mixed(lora_pool, tmp_path):
    other = make_run_dir(tmp_path / "run")
    run(tiny_arguments(other, seed=1, model="seed", **LORA))
    run(tiny_arguments(other, seed=1, model="component:beta", **LORA))
    folders = {"alpha": lora_pool / "models/components/alpha", "beta": other / "models/components/beta"}
    with pytest.raises(InputError, match="cannot be averaged: origin differ in 'seed_digest'"):
        check_components(folders)


def test_an_interrupted_adapter_ends_with_the_same_bits(lora_pool, tmp_path, monkeypatch):
    import shutil

    from hf_ablate.training import callbacks

    run_dir = shutil.copytree(lora_pool, tmp_path / "run")
    (run_dir / "models/components/alpha/manifest.json").unlink()

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(callbacks.ProgressCallback, "on_step_end", on_step_end)
        run(tiny_arguments(run_dir, save_steps=2, **LORA))
    assert (run_dir / "models/components/alpha/checkpoint-2/adapter_model.safetensors").is_file()
    run(tiny_arguments(run_dir, save_steps=2, **LORA))
    assert same_weights(weights(run_dir, "component:alpha"), weights(lora_pool, "component:alpha"))


def test_a_changed_rank_redoes_all_but_the_seed(lora_pool, tmp_path):
    import shutil

    run_dir = shutil.copytree(lora_pool, tmp_path / "run")
    before = stamps(run_dir)
    run(tiny_arguments(run_dir, **LORA | {"lora_r": 1}))
    assert changed(run_dir, before) == {ALPHA_BETA} | COMPONENTS


def test_frozen_weights_cost_less_and_the_manifest_says_how_it_was_made(lora_pool, trained):
    adapted, whole = manifests(lora_pool)["component:alpha"], manifests(trained)["component:alpha"]
    assert 4 / 6 * whole["flops"] < adapted["flops"] < whole["flops"]
    assert (adapted["arguments"]["peft"], adapted["arguments"]["lora_r"]) == ("lora", 2)
    assert json.loads((lora_pool / "models/components/alpha/adapter/adapter_config.json").read_text())["r"] == 2
