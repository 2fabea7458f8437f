"""The time and bytes of one model: trained, saved, merged, scored; and of many on several GPUs."""

import heapq
import math
from collections.abc import Iterable
from functools import cache

from benchmarks.scale import rates
from hf_ablate.model_size import ModelSize, size_of
from hf_ablate.modeling.sizes import SIZES
from hf_ablate.training.cost import Throughput


NAMES = ("130m", "1.1b")
HOUR = 3600.0
_THROUGHPUT = Throughput(rates.PEAK.value, rates.MFU.value)


@cache
def size(name: str) -> ModelSize:
    """The size of a seed, counted on a model without weights."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model("hf_olmo", **SIZES[name], vocab_size=rates.VOCABULARY)
    with torch.device("meta"):
        return size_of(AutoModelForCausalLM.from_config(config))


def training_hours(name: str, tokens: float) -> float:
    """GPU hours to train one model, as `train --dry_run` prints them."""
    return _THROUGHPUT.device_hours(size(name).flops(int(tokens), int(rates.BLOCK.value)))["device_hours"]


def scoring_seconds(name: str, domain_tokens: float) -> float:
    """GPU seconds of one model's forward passes over all domains."""
    flops = size(name).forward_flops(int(rates.DOMAINS.value * domain_tokens), int(rates.BLOCK.value))
    return _THROUGHPUT.device_hours(flops)["device_hours"] * HOUR / rates.SCORING.value


def merge_seconds(name: str, bytes_per_second: float) -> float:
    """Seconds of a merge that reads its components at a rate."""
    return read_by_merge(name) / bytes_per_second * rates.MERGING.value


def read_by_merge(name: str) -> float:
    """Bytes of the components in a mixture."""
    return rates.UNITS_OF_MIXTURE.value * saved_bytes(name)


def saved_bytes(name: str) -> float:
    """Bytes of a saved model, in float32 as training leaves it."""
    return 4.0 * size(name).parameters


def checkpoint_bytes(name: str) -> float:
    """Bytes of a checkpoint: the weights and AdamW's two moments."""
    return 3 * saved_bytes(name)


def models_of(name: str) -> float:
    """Trained models: the seed, components and reference models."""
    return 1 + rates.UNITS.value + rates.REFERENCES[name][0]


def scheduled(seconds: Iterable[float], gpus: int) -> float:
    """Seconds until all models are done, each on the GPU that is free first, in the order given."""
    free = [0.0] * gpus
    for one in seconds:
        heapq.heapreplace(free, free[0] + one)
    return max(free)


def machines(gpus: int) -> int:
    """Machines that hold so many GPUs."""
    return math.ceil(gpus / rates.GPUS_OF_MACHINE)
