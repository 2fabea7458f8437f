"""Settings that make torch as fast as the CPU allows, without changing results beyond float32 rounding.

Measured with a 110M-parameter model on an AMD EPYC (AVX512); `benchmarks/scoring.py` repeats it.
"""

import ctypes
import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch


logger = logging.getLogger(__name__)
ATTENTION = "sdpa_in_float32"
# Rounding of float32 gives 1e-6 at this size; inputs rounded to TF32 give 3e-4, to bfloat16 2e-3.
_MOST_ERROR = 1e-5
# glibc's names for what `mallopt` sets.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


@contextmanager
def fast_cpu(model: torch.nn.Module) -> Iterator[None]:
    """While it is open, a model on a CPU computes as fast as that allows; does nothing for other devices."""
    if next(model.parameters()).device.type != "cpu":
        yield
        return
    keep_freed_memory()
    with exact_fast_products(), _attention_in_float32(model):
        yield


@contextmanager
def exact_fast_products() -> Iterator[bool]:
    """Let torch multiply float32 matrices with oneDNN where that is exact; yields whether it does.

    On AMD processors torch multiplies float32 matrices with MKL at less than half of oneDNN's speed, and what it calls
    precision "medium" switches to oneDNN. On processors with AMX the same setting rounds the inputs to bfloat16,
    so a product is tried first, and the setting is kept only if the product is exact.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        exact = product_error() < _MOST_ERROR
        if not exact:
            torch.set_float32_matmul_precision(before)
        yield exact
    finally:
        torch.set_float32_matmul_precision(before)


def product_error() -> float:
    """Relative error (Frobenius norm) of a float32 linear layer under torch's current settings."""
    generator = torch.Generator().manual_seed(0)
    inputs, weight = torch.randn(256, 512, generator=generator), torch.randn(384, 512, generator=generator)
    exact = inputs.double() @ weight.double().T
    return float((torch.nn.functional.linear(inputs, weight) - exact).norm() / exact.norm())


@functools.cache
def keep_freed_memory() -> bool:
    """Let the C library keep freed memory for the next allocation; returns whether it does.

    Otherwise every large activation is a new mapping, whose pages the kernel clears one by one: a seventh of the
    time of a float32 forward pass. A thread that begins later shares the memory of the main one: in one of its own,
    of at most 64 MB, large activations would be mapped anew all the same. It applies to the whole process and cannot
    be undone; only glibc has it.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = {_M_MMAP_THRESHOLD: 1 << 30, _M_TRIM_THRESHOLD: 1 << 30, _M_ARENA_MAX: 1}
    return all([bool(mallopt(name, value)) for name, value in settings.items()])


@contextmanager
def _attention_in_float32(model: torch.nn.Module) -> Iterator[None]:
    """Attend in float32 in a model of 16-bit numbers: on a CPU, torch's 16-bit kernel takes twice the time."""
    is_short = next(model.parameters()).dtype in (torch.bfloat16, torch.float16)
    before = getattr(model.config, "_attn_implementation", None)
    if not is_short or before != "sdpa":
        yield
        return
    _register_attention()
    model.set_attn_implementation(ATTENTION)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


@functools.cache
def _register_attention() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import sdpa_mask

    def attend(module, query, key, value, attention_mask, **options):
        if attention_mask is not None and attention_mask.is_floating_point():
            attention_mask = attention_mask.float()
        attended, weights = sdpa_attention_forward(
            module, query.float(), key.float(), value.float(), attention_mask, **options
        )
        return attended.to(value.dtype), weights

    AttentionInterface.register(ATTENTION, attend)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
