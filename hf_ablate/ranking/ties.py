"""Which mixtures cannot be told apart from the best."""

import numpy as np

from ..prediction.predictor import Predictor, one_sided


_AT_ONCE = 2048  # mixtures: bounds the memory


def tied_with_best(
    predictor: Predictor,
    weights: np.ndarray,
    means: np.ndarray,
    targets: np.ndarray,
    confidence: float,
    noise_floors: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """How sure mixtures' losses on targets are, and which of them may be as good as the best.

    A mixture is tied with the best where its expected loss is above that of the best by no more than the difference
    may be off at the given confidence, or by less than what training with another seed changes.

    Args:
        predictor ([`Predictor`]): of a study.
        weights (`np.ndarray`): [mixtures, units].
        means (`np.ndarray`): [targets, mixtures], expected losses.
        targets (`np.ndarray`): [targets, domains], the weight of each domain.
        confidence (`float`): that a mixture which is not tied is worse than the best.
        noise_floors (`np.ndarray`): [targets], in the unit of the losses.

    Returns:
        `tuple`: standard deviations of the losses, float64, and whether each mixture is tied, bool; both
        [targets, mixtures].
    """
    best = means.argmin(axis=1)
    sd, apart = np.empty(means.shape), np.empty(means.shape)
    for start in range(0, len(weights), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        spread = predictor.spread(weights[rows], weights[best], targets)
        sd[:, rows], apart[:, rows] = spread.sd, spread.apart
    apart[np.arange(len(best)), best] = 0.0
    reach = np.maximum(one_sided(confidence) * apart, noise_floors[:, None])
    return sd, means - means.min(axis=1, keepdims=True) <= reach
