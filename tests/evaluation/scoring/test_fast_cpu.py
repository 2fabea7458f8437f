"""Settings for speed: kept only where they change nothing, and taken back."""

import pytest
import torch
from tiny_pool import tiny_model

from hf_ablate.evaluation.scoring import fast_cpu as module
from hf_ablate.evaluation.scoring.fast_cpu import ATTENTION, exact_fast_products, fast_cpu, product_error


def test_products_stay_exact_and_the_setting_is_taken_back():
    before = torch.get_float32_matmul_precision()
    with exact_fast_products() as exact:
        assert product_error() < 1e-5
        assert torch.get_float32_matmul_precision() == ("medium" if exact else before)
    assert torch.get_float32_matmul_precision() == before


def test_setting_is_refused_on_a_processor_that_rounds_inputs(monkeypatch):
    linear = torch.nn.functional.linear
    monkeypatch.setattr(torch.nn.functional, "linear", lambda a, b: linear(a.bfloat16(), b.bfloat16()).float())
    before = torch.get_float32_matmul_precision()
    with exact_fast_products() as exact:
        assert not exact
        assert torch.get_float32_matmul_precision() == before


def test_setting_is_taken_back_after_a_failure():
    before = torch.get_float32_matmul_precision()
    with pytest.raises(RuntimeError), exact_fast_products():
        raise RuntimeError("out of memory")
    assert torch.get_float32_matmul_precision() == before


@torch.inference_mode()
def test_attention_of_short_numbers_runs_in_float32():
    model = tiny_model(1).bfloat16()
    exact = tiny_model(1)
    for parameter, wanted in zip(exact.parameters(), model.parameters(), strict=True):
        parameter.copy_(wanted.float())
    tokens = torch.arange(48)[None]
    plain = model(tokens).logits
    with fast_cpu(model):
        assert model.config._attn_implementation == ATTENTION
        fast = model(tokens).logits
    assert model.config._attn_implementation == "sdpa"
    wanted = exact(tokens).logits
    assert (fast - wanted).norm() < 0.02 * wanted.norm()
    assert (fast - wanted).norm() <= 1.1 * (plain - wanted).norm()


@pytest.mark.parametrize(("dtype", "attention"), [(torch.float32, "sdpa"), (torch.bfloat16, "eager")])
def test_other_attention_is_left_alone(dtype, attention):
    model = tiny_model(1).to(dtype)
    model.set_attn_implementation(attention)
    with fast_cpu(model):
        assert model.config._attn_implementation == attention


def test_other_devices_are_left_alone(monkeypatch):
    monkeypatch.setattr(module, "keep_freed_memory", lambda: pytest.fail("set for a device other than the CPU"))
    with torch.device("meta"):
        model = torch.nn.Linear(2, 2)
    with fast_cpu(model):
        pass
