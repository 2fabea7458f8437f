"""The device that the benchmarks run on: its clock, its peaks, and its memory."""

import gc
import time
from collections.abc import Callable

import torch

from hf_ablate.training.speed import PEAK_TFLOPS


# Memory bandwidth in GB/s, from the vendors' data sheets.
BANDWIDTHS = {"a100": 2039.0, "h100": 3350.0, "h100-pcie": 2000.0, "h200": 4800.0, "b200": 8000.0}


def default_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def gpu_name(device: str) -> str | None:
    """As in `hf-ablate train --gpu`; None for a device whose peak is not known."""
    if device == "cpu":
        return None
    words = torch.cuda.get_device_name().lower().replace("pcie", "-pcie").replace(" ", "")
    return max((name for name in PEAK_TFLOPS if name in words), key=len, default=None)


def seconds(work: Callable[[], object], device: str) -> float:
    """By the clock on the wall, from an idle device to an idle device."""
    synchronize(device)
    start = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - start


def device_seconds(work: Callable[[], object], device: str) -> float:
    """By the device's own events, without what the processor does before the first kernel."""
    if device == "cpu":
        return seconds(work, device)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    work()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1e3


def synchronize(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def peak_gigabytes(device: str) -> dict[str, float]:
    """The most that torch has held since [`free`]; nothing on a CPU."""
    return {} if device == "cpu" else {"peak GB": torch.cuda.max_memory_allocated() / 1e9}


def free(device: str) -> None:
    """Give back what no object holds any more, and count the peak anew."""
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
