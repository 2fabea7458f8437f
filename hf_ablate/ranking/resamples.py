"""Bootstrap resamples of mixtures, and the intervals that a statistic has over them."""

import numpy as np


def resample(size: int, samples: int, seed: int) -> np.ndarray:
    """How often each mixture is in each bootstrap resample.

    Args:
        size (`int`): the number of mixtures.
        samples (`int`): the number of resamples.
        seed (`int`): of the draws.

    Returns:
        `np.ndarray`: [samples, size], float64; every row sums to `size`.
    """
    return np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), samples).astype(float)


def undefined(reason: str) -> dict[str, float | str | None]:
    """The entry of a statistic without a value."""
    return {"value": None, "low": None, "high": None, "reason": reason}


def with_intervals(
    values: np.ndarray, resampled: np.ndarray, confidence: float
) -> list[dict[str, float | str | None]]:
    """The entries of a statistic, with percentile intervals over the resamples on which it is defined.

    Args:
        values (`np.ndarray`): [entries].
        resampled (`np.ndarray`): [entries, resamples], NaN where it is not defined.
        confidence (`float`): the share of resamples in an interval.

    Returns:
        `list`: for each entry `value`, `low` and `high`; no ends, but a `reason`, where it is undefined on most
        resamples.
    """
    levels = [(1 - confidence) / 2, (1 + confidence) / 2]
    defined = np.isfinite(resampled)
    ends = np.full((2, len(values)), np.nan)
    everywhere = defined.all(axis=1)
    if everywhere.any():
        ends[:, everywhere] = np.quantile(resampled[everywhere], levels, axis=1)
    for row in np.flatnonzero(~everywhere & (defined.mean(axis=1) >= 0.5)):
        ends[:, row] = np.quantile(resampled[row, defined[row]], levels)
    return [
        {"value": value, "low": None, "high": None, "reason": "undefined on most resamples"}
        if np.isnan(low)
        else {"value": value, "low": low, "high": high}
        for value, low, high in zip(values.tolist(), *ends.tolist(), strict=True)
    ]
