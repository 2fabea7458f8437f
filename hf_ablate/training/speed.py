"""How fast training goes: seconds, tokens per second, and the share of the devices' peak that the model uses.

Model FLOPs utilisation is (floating-point operations of the model per token × tokens per second) / peak, with the
operations counted as in `cost.py` (PaLM, https://huggingface.co/papers/2204.02311, appendix B).
"""

import statistics
import time
from collections.abc import Sequence


# Dense bf16 matrix products in TFLOP/s, from the vendors' data sheets (their figures "with sparsity" halved).
PEAK_TFLOPS = {
    "a100": 312.0, "h100": 989.4, "h100-pcie": 756.5, "h200": 989.4, "b200": 2250.0, "l4": 121.0, "l40s": 362.0,
    "rtx4090": 165.2, "mi300x": 1307.4,
}  # fmt: skip


class Meter:
    """Measures a training run between log lines.

    Args:
        tokens_per_step (`int`): over all processes.
        flops_per_token (`int`): of the model.
        peak (`float`, *optional*): FLOP/s of all devices together; without it there is no utilisation.
    """

    def __init__(self, tokens_per_step: int, flops_per_token: int, peak: float | None) -> None:
        self.tokens_per_step = tokens_per_step
        self.flops_per_token = flops_per_token
        self.peak = peak
        self._spent_before = 0.0

    def start(self, step: int, spent_before: float) -> None:
        """Begin at a step, after `spent_before` seconds in earlier, interrupted runs."""
        self._spent_before = spent_before
        self._started = self._last_time = time.perf_counter()
        self._last_step = step

    @property
    def seconds(self) -> float:
        """Spent on the model so far, earlier runs included."""
        return self._spent_before + time.perf_counter() - self._started

    def measure(self, step: int) -> dict[str, float]:
        """Seconds and tokens in all; tokens per second and utilisation (`mfu`) since the last call."""
        now = time.perf_counter()
        speed = (step - self._last_step) * self.tokens_per_step / (now - self._last_time)
        self._last_time, self._last_step = now, step
        row = {"seconds": round(self.seconds, 3), "tokens": step * self.tokens_per_step, "tokens_per_second": speed}
        if self.peak:
            row["mfu"] = speed * self.flops_per_token / self.peak
        return row

    def pause(self, seconds: float) -> None:
        """Leave seconds of evaluation out of the speed, though not out of the seconds in all."""
        self._last_time += seconds


def loss_spikes(losses: Sequence[tuple[int, float]], window: int = 20, deviations: float = 6.0) -> list[int]:
    """The steps whose loss is far above the losses before it.

    A spike is more than `deviations` robust standard deviations (1.4826 × the median absolute deviation) above the
    median of the `window` losses logged before it. Steps with less than half a window before them are not judged; a
    fall in the loss is not a spike.

    Args:
        losses (`Sequence[tuple[int, float]]`): steps with their losses, in order.
        window (`int`): losses to compare with.
        deviations (`float`): how far above the median a spike is, in robust standard deviations.

    Example:

    ```python
    >>> steady = [(step, 3 + 0.01 * (step % 3)) for step in range(30)]
    >>> loss_spikes([*steady, (30, 4.2), (31, 3.01)])
    [30]

    ```
    """
    spikes = []
    for position, (step, loss) in enumerate(losses):
        before = [value for _, value in losses[max(0, position - window) : position]]
        if len(before) * 2 < window:
            continue
        middle = statistics.median(before)
        spread = 1.4826 * statistics.median(abs(value - middle) for value in before)
        if loss > middle + deviations * max(spread, 1e-3 * abs(middle)):
            spikes.append(step)
    return spikes
