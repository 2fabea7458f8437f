"""Components whose files hold other names and shapes than the model: transformers converts them when it loads them."""

import pytest
import torch
from tiny_architectures import tiny_model
from tiny_pool import UNITS, assert_equal, save_model, state
from transformers import AutoModelForCausalLM

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


def test_only_what_transformers_converts_is_copied(tmp_path):
    folder = save_model(tmp_path, tiny_model("gpt_neox"))
    model, _ = load_causal_lm(folder)
    (parameters,) = read_parameters([folder], model)
    assert_equal(parameters, model_tensors(model))
