"""Which mixtures cannot be told apart from the best."""

import numpy as np

from ..prediction.predictor import Predictor, one_sided


_MOST = 1000  # mixtures in a covariance matrix at once


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
    for start in range(0, len(weights), _MOST):
        rows = np.arange(start, min(start + _MOST, len(weights)))
        points = np.union1d(best, rows)
        here = np.searchsorted(points, rows)
        for number, joint in enumerate(predictor.joints(weights[points], targets)):
            variance, at = np.diag(joint.covariance), np.searchsorted(points, best[number])
            squared = variance[at] + variance[here] - 2 * joint.covariance[at, here]
            sd[number, rows], apart[number, rows] = joint.sd[here], np.sqrt(np.maximum(squared, 0))
    reach = np.maximum(one_sided(confidence) * apart, noise_floors[:, None])
    return sd, means - means.min(axis=1, keepdims=True) <= reach
