"""How well predictors order mixtures as their reference models do, with bootstrap intervals over mixtures.

Both sides are losses: lower is better. The intervals are percentile intervals over resamples of the mixtures; pairs
made of one mixture and its own copy in a resample are left out. All resamples are evaluated at once: a resample is a
row of counts `c`, and the number of concordant pairs is a quadratic form in `c`. So are variances and covariances, as
sums over pairs of products of differences; and average ranks are sums of signs, shifted to a mean of exactly 0.
"""

from collections.abc import Mapping

import numpy as np

from .resamples import undefined, with_intervals


STATISTICS = ("pearson", "spearman", "kendall", "decision_accuracy", "regret", "relative_regret")
MINIMUM_MIXTURES = 3
TOO_FEW = f"fewer than {MINIMUM_MIXTURES} reference models"


def agreements(
    predicted: Mapping[str, np.ndarray], reference: np.ndarray, counts: np.ndarray, confidence: float
) -> dict[str, dict[str, dict[str, float | str | None]]]:
    """All statistics of predictors against the reference models of some mixtures.

    Args:
        predicted (`Mapping[str, np.ndarray]`): predictor → [mixtures], lower is better.
        reference (`np.ndarray`): [mixtures], lower is better.
        counts (`np.ndarray`): [resamples, mixtures] from [`resample`].
        confidence (`float`): the share of resamples in an interval.

    Returns:
        `dict`: predictor → statistic → `value`, `low`, `high` (all None, and a `reason`, where it is not defined).
        `pearson`, `spearman`, `kendall` (tau-b); `decision_accuracy`, the share of pairs of mixtures ordered alike, a
        tie counting half; `regret`, the reference score of the predictor's choice minus the best reference score
        (averaged over ties for the choice), in the metric's unit; `relative_regret`, the same as a share of the best.

    Example:

    ```python
    >>> import numpy as np
    >>> from hf_ablate.ranking.resamples import resample
    >>> predicted = {"merged": np.array([1.0, 2, 3])}
    >>> found = agreements(predicted, np.array([1.0, 3, 2]), resample(3, 100, 0), 0.95)["merged"]
    >>> round(found["decision_accuracy"]["value"], 3), found["regret"]["value"]
    (0.667, 0.0)

    ```
    """
    if len(reference) < MINIMUM_MIXTURES:
        return {name: dict.fromkeys(STATISTICS, undefined(TOO_FEW)) for name in predicted}
    found = {name: dict.fromkeys(STATISTICS, undefined("not defined for this target")) for name in predicted}
    defined = {name: values for name, values in predicted.items() if np.isfinite([values, reference]).all()}
    if not defined:
        return found
    counts = np.concatenate([np.ones((1, len(reference))), counts])  # all mixtures once: the value itself
    for statistic, values in _resampled(np.array(list(defined.values())), reference, counts).items():
        entries = with_intervals(values[:, 0], values[:, 1:], confidence)
        for (name, own), entry in zip(defined.items(), entries, strict=True):
            constant = "the predictor is the same for all mixtures" if np.ptp(own) == 0 else "all references are equal"
            found[name][statistic] = undefined(constant) if np.isnan(entry["value"]) else entry
    return found


def _resampled(predicted: np.ndarray, reference: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Every statistic of predictors, [predictors, mixtures], on every resample: [predictors, resamples]."""
    ours, theirs = _signs(predicted), _signs(reference)
    apart, theirs_apart = _differences(predicted), _differences(reference)
    ranks, their_ranks = counts @ ours.swapaxes(1, 2), counts @ theirs.T
    share, concordant = counts / counts.sum(axis=1, keepdims=True), _pairs(ours * theirs, counts)
    best = lowest(reference, counts)
    regret = np.maximum([_chosen(own, reference, counts) - best for own in predicted], 0.0)
    values = (
        divide(_pairs(apart * theirs_apart, share), np.sqrt(_pairs(apart**2, share) * _pairs(theirs_apart**2, share))),
        divide(
            np.einsum("...si,si->...s", ranks, their_ranks * counts),
            np.sqrt(np.einsum("...si,si->...s", ranks**2, counts) * (their_ranks**2 * counts).sum(axis=1)),
        ),
        divide(concordant, np.sqrt(_pairs(np.abs(ours), counts) * _pairs(np.abs(theirs), counts))),
        share_ordered_alike(concordant, counts),
        regret,
        regret / best,
    )
    return dict(zip(STATISTICS, values, strict=True))


def _signs(values: np.ndarray) -> np.ndarray:
    """The sign of the difference of every pair: [..., mixtures, mixtures], 1 where the first is larger."""
    return np.sign(values[..., :, None] - values[..., None, :])


def _differences(values: np.ndarray) -> np.ndarray:
    """The difference of every pair, [..., mixtures, mixtures], of values scaled to order 1."""
    values = scaled(values)
    return values[..., :, None] - values[..., None, :]


def _pairs(matrix: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The sum of a symmetric matrix, [..., i, j], over all ordered pairs of each resample: [..., resamples]."""
    return np.einsum("...si,si->...s", counts @ matrix, counts)


def _chosen(predicted: np.ndarray, reference: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The reference score of the predictor's choice in each resample, averaged over ties."""
    chosen = np.where(predicted == lowest(predicted, counts)[:, None], counts, 0)
    return chosen @ reference / chosen.sum(axis=1)


def scaled(values: np.ndarray) -> np.ndarray:
    """Values of order 1 around their mean, so that of their differences what is below rounding is none.

    Args:
        values (`np.ndarray`): [..., mixtures].

    Returns:
        `np.ndarray`: [..., mixtures].
    """
    values = values - values.mean(axis=-1, keepdims=True)
    largest = np.abs(values).max(axis=-1, keepdims=True)
    return values / np.where(largest > 0, largest, 1.0)


def lowest(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The lowest value in each resample.

    Args:
        values (`np.ndarray`): [mixtures].
        counts (`np.ndarray`): [resamples, mixtures].

    Returns:
        `np.ndarray`: [resamples].
    """
    return np.where(counts > 0, values, np.inf).min(axis=1)


def share_ordered_alike(concordant: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The decision accuracy in each resample.

    Args:
        concordant (`np.ndarray`): [..., resamples], ordered pairs that are ordered alike, less those that are not.
        counts (`np.ndarray`): [resamples, mixtures].

    Returns:
        `np.ndarray`: [..., resamples].
    """
    pairs = counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)
    return divide(pairs + concordant, np.broadcast_to(2 * pairs, concordant.shape))


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """The quotient; NaN where the denominator is (to rounding) zero: on a resample in which one side is constant.

    Args:
        numerator (`np.ndarray`): [..., resamples].
        denominator (`np.ndarray`): [..., resamples], not negative.

    Returns:
        `np.ndarray`: [..., resamples].
    """
    defined = denominator > 1e-12
    return np.where(defined, numerator / np.where(defined, denominator, 1), np.nan)
