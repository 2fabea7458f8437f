"""How well a predictor orders mixtures as their reference models do, with bootstrap intervals over mixtures.

Both sides are losses: lower is better. The intervals are percentile intervals over resamples of the mixtures; pairs
made of one mixture and its own copy in a resample are left out. All resamples are evaluated at once: a resample is a
row of counts `c`, the number of concordant pairs is a quadratic form in `c`, and so on.
"""

import math
import warnings

import numpy as np


STATISTICS = ("pearson", "spearman", "kendall", "decision_accuracy", "regret", "relative_regret")
MINIMUM_MIXTURES = 3
_TOO_FEW = f"fewer than {MINIMUM_MIXTURES} reference models"


def agreement(
    predicted: np.ndarray, reference: np.ndarray, counts: np.ndarray, confidence: float
) -> dict[str, dict[str, float | str | None]]:
    """All statistics of one predictor against the reference models of some mixtures.

    Args:
        predicted (`np.ndarray`): [mixtures], lower is better.
        reference (`np.ndarray`): [mixtures], lower is better.
        counts (`np.ndarray`): [resamples, mixtures] from [`resample`].
        confidence (`float`): the share of resamples in an interval.

    Returns:
        `dict`: statistic → `value`, `low`, `high` (all None, and a `reason`, where the statistic is not defined).
        `pearson`, `spearman`, `kendall` (tau-b); `decision_accuracy`, the share of pairs of mixtures ordered alike, a
        tie counting half; `regret`, the reference score of the predictor's choice minus the best reference score
        (averaged over ties for the choice), in the metric's unit; `relative_regret`, the same as a share of the best.

    Example:

    ```python
    >>> import numpy as np
    >>> statistics = agreement(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]), resample(3, 100, 0), 0.95)
    >>> round(statistics["decision_accuracy"]["value"], 3), statistics["regret"]["value"]
    (0.667, 0.0)

    ```
    """
    if len(predicted) < MINIMUM_MIXTURES:
        return dict.fromkeys(STATISTICS, undefined(_TOO_FEW))
    if not (np.isfinite(predicted).all() and np.isfinite(reference).all()):
        return dict.fromkeys(STATISTICS, undefined("not defined for this target"))
    estimates = _estimates(predicted, reference)
    resampled = _resampled(predicted, reference, counts)
    constant = "the predictor is the same for all mixtures" if np.ptp(predicted) == 0 else "all references are equal"
    return {
        name: undefined(constant) if math.isnan(estimates[name]) else _interval(estimates[name], values, confidence)
        for name, values in resampled.items()
    }


def random_agreement(
    reference: np.ndarray, counts: np.ndarray, confidence: float, seed: int
) -> dict[str, dict[str, float | str | None]]:
    """The statistics of a predictor that orders mixtures at random.

    The values are exact expectations: no correlation, half of the pairs, the average regret. The interval is where
    the statistic of a single random order falls, one order drawn per resample: what chance alone gives with this
    number of mixtures.

    Args:
        reference (`np.ndarray`): [mixtures], lower is better.
        counts (`np.ndarray`): [resamples, mixtures] from [`resample`].
        confidence (`float`): the share of resamples in an interval.
        seed (`int`): of the random orders.

    Returns:
        `dict`: as [`agreement`].
    """
    if len(reference) < MINIMUM_MIXTURES:
        return dict.fromkeys(STATISTICS, undefined(_TOO_FEW))
    draws = np.random.default_rng(seed).random(counts.shape)
    parts = max(1, counts.size * len(reference) // 4_000_000)  # a matrix of pairs for each order: bound the memory
    chunks = zip(np.array_split(draws, parts), np.array_split(counts, parts), strict=True)
    pieces = [_resampled(some_draws, reference, some_counts) for some_draws, some_counts in chunks]
    resampled = {name: np.concatenate([part[name] for part in pieces]) for name in STATISTICS}
    regret = float(reference.mean() - reference.min())
    expected = [0.0, 0.0, 0.0, 0.5, regret, regret / float(reference.min())]
    return {
        name: _interval(value, resampled[name], confidence) for name, value in zip(STATISTICS, expected, strict=True)
    }


def undefined(reason: str) -> dict[str, float | str | None]:
    """The entry of a statistic without a value."""
    return {"value": None, "low": None, "high": None, "reason": reason}


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


def _estimates(predicted: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    from scipy import stats

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        correlations = [
            function(predicted, reference).statistic
            for function in (stats.pearsonr, stats.spearmanr, stats.kendalltau)
        ]
    whole = np.ones((1, len(predicted)))
    regret = _regret(predicted[None], reference, whole)[0]
    accuracy = _share_ordered_alike(_signs(predicted), _signs(reference), whole)[0]
    return dict(zip(STATISTICS, [*correlations, accuracy, regret, regret / reference.min()], strict=True))


def _resampled(predicted: np.ndarray, reference: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Every statistic on every resample; `predicted` may differ between resamples ([samples, mixtures])."""
    ours, theirs = _signs(predicted), _signs(reference)
    each = np.broadcast_to(np.atleast_2d(predicted), counts.shape)
    regret = _regret(each, reference, counts)
    best = np.where(counts > 0, reference, np.inf).min(axis=1)
    values = (
        _weighted_pearson(each, reference, counts),
        _weighted_pearson(_weigh(ours, counts), _weigh(theirs, counts), counts),  # average ranks, shifted
        _kendall(ours, theirs, counts),
        _share_ordered_alike(ours, theirs, counts),
        regret,
        regret / best,
    )
    return dict(zip(STATISTICS, values, strict=True))


def _signs(values: np.ndarray) -> np.ndarray:
    """The sign of the difference of every pair: [..., mixtures, mixtures], 1 where the first is larger."""
    return np.sign(values[..., :, None] - values[..., None, :])


def _weigh(matrix: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The sum over j of `counts[s, j] · matrix[(s,) i, j]`: [samples, mixtures]."""
    return counts @ matrix.T if matrix.ndim == 2 else np.einsum("sij,sj->si", matrix, counts)


def _pairs(matrix: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The sum of a matrix [(samples,) i, j] over all ordered pairs of each resample: [samples]."""
    return (_weigh(matrix, counts) * counts).sum(axis=1)


def _weighted_pearson(first: np.ndarray, second: np.ndarray, counts: np.ndarray) -> np.ndarray:
    share = counts / counts.sum(axis=1, keepdims=True)
    first, second = _centred(first, share), _centred(second, share)
    scale = (share * first**2).sum(axis=1) * (share * second**2).sum(axis=1)
    return _divide((share * first * second).sum(axis=1), np.sqrt(scale))


def _centred(values: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Values scaled to order 1, less their weighted mean: what is then below rounding is constant."""
    values = values - values.mean()
    values = np.broadcast_to(values / (np.abs(values).max() or 1.0), share.shape)
    return values - (share * values).sum(axis=1, keepdims=True)


def _kendall(first: np.ndarray, second: np.ndarray, counts: np.ndarray) -> np.ndarray:
    untied = _pairs(np.abs(first), counts) * _pairs(np.abs(second), counts)
    return _divide(_pairs(first * second, counts), np.sqrt(untied))


def _share_ordered_alike(first: np.ndarray, second: np.ndarray, counts: np.ndarray) -> np.ndarray:
    pairs = counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)
    return _divide(pairs + _pairs(first * second, counts), 2 * pairs)


def _regret(predicted: np.ndarray, reference: np.ndarray, counts: np.ndarray) -> np.ndarray:
    present = counts > 0
    lowest = np.where(present, predicted, np.inf).min(axis=1, keepdims=True)
    chosen = np.where(present & (predicted == lowest), counts, 0)
    best = np.where(present, reference, np.inf).min(axis=1)
    regret = chosen @ reference / chosen.sum(axis=1) - best
    return np.maximum(regret, 0.0)  # the average of equal numbers may round below them


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """NaN where the denominator is (to rounding) zero: a resample in which one side is constant."""
    defined = denominator > 1e-12
    return np.where(defined, numerator / np.where(defined, denominator, 1), np.nan)


def _interval(value: float, resampled: np.ndarray, confidence: float) -> dict[str, float | str | None]:
    defined = resampled[np.isfinite(resampled)]
    if len(defined) < len(resampled) / 2:
        return {"value": float(value), "low": None, "high": None, "reason": "undefined on most resamples"}
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {"value": float(value), "low": float(low), "high": float(high)}
