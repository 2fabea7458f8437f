"""Components whose files hold other names and shapes than the model: transformers converts them when it loads them."""

import pytest
import torch
from safetensors.torch import load_file
from tiny_architectures import tiny_model
from tiny_pool import UNITS, assert_equal, save_model, state
from transformers import AutoModelForCausalLM, conversion_mapping
from transformers.core_model_loading import Transpose, WeightConverter

from hf_ablate.merging.parameters import read_parameters
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.saved_model import load_causal_lm, model_tensors


CONVERTED = (
    "gpt_neox", "mixtral", "olmoe", "qwen3_moe", "glm4_moe", "qwen3_next", "granitemoe", "minimax", "deepseek_v3",
    "jamba",
)  # fmt: skip


@pytest.mark.parametrize("model_type", CONVERTED)
def test_a_merge_is_the_average_of_the_models_as_transformers_loads_them(model_type, tmp_path):
    folders = {unit: save_model(tmp_path / unit, tiny_model(model_type, number)) for number, unit in enumerate(UNITS)}
    merged = state(ResidentPool(folders).merge(Mixture.of({"alpha": 1, "beta": 3})))
    alpha, beta = (AutoModelForCausalLM.from_pretrained(folders[unit]).state_dict() for unit in ("alpha", "beta"))
    for name, value in merged.items():
        torch.testing.assert_close(value, 0.25 * alpha[name] + 0.75 * beta[name], rtol=1e-5, atol=1e-7)
    assert_equal(state(ResidentPool(folders).merge(Mixture.of({"beta": 1}))), beta)


@pytest.fixture
def transposed_queries(monkeypatch):
    """As if files of Llama held some square matrices transposed, under the names that they have in the model."""
    conversion = WeightConverter("self_attn.q_proj.weight", "self_attn.q_proj.weight", [Transpose(0, 1)])
    conversion_mapping.get_checkpoint_conversion_mapping("llama")  # makes the table
    table = conversion_mapping._checkpoint_conversion_mapping_cache
    monkeypatch.setattr(conversion_mapping, "_checkpoint_conversion_mapping_cache", table | {"llama": [conversion]})


def test_a_conversion_that_a_constant_tensor_does_not_show_is_made(transposed_queries, tmp_path):
    first, second = tiny_model("llama", 0), tiny_model("llama", 1)
    first.model.layers[1].self_attn.q_proj.weight.data.zero_()
    folders = {"alpha": save_model(tmp_path / "a", first), "beta": save_model(tmp_path / "b", second)}
    name = "model.layers.0.self_attn.q_proj.weight"
    assert torch.equal(load_file(folders["beta"] / "model.safetensors")[name].T, second.state_dict()[name])
    merged = state(ResidentPool(folders).merge(Mixture.of({"beta": 1})))
    assert_equal(merged, second.state_dict())


def test_only_what_transformers_converts_is_copied(tmp_path):
    folder = save_model(tmp_path, tiny_model("gpt_neox"))
    model, _ = load_causal_lm(folder)
    (parameters,) = read_parameters([folder], model)
    assert_equal(parameters, model_tensors(model))
