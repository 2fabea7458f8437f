"""Which mixtures cannot be told apart from the best."""

import numpy as np

from ..prediction.predictor import Predictor


_MOST = 1000  # mixtures in a covariance matrix at once


def tied_with_best(
    predictor: Predictor,
    weights: np.ndarray,
    mean: np.ndarray,
    target: np.ndarray,
    confidence: float,
    noise_floor: float,
) -> tuple[np.ndarray, np.ndarray]:
    """How sure mixtures' losses on a target are, and which of them may be as good as the best.

    A mixture is tied with the best where its expected loss is above that of the best by no more than the difference
    may be off at the given confidence, or by less than what training with another seed changes.

    Args:
        predictor ([`Predictor`]): of a study.
        weights (`np.ndarray`): [mixtures, units].
        mean (`np.ndarray`): [mixtures], what is expected of them on the target.
        target (`np.ndarray`): [domains], the weight of each domain.
        confidence (`float`): that a mixture which is not tied is worse than the best.
        noise_floor (`float`): in the unit of the losses.

    Returns:
        `tuple`: standard deviations, float64 [mixtures], and whether each is tied, bool [mixtures].
    """
    from scipy.stats import norm

    best = int(np.argmin(mean))
    sd, apart = np.empty(len(mean)), np.empty(len(mean))
    for start in range(0, len(mean), _MOST):
        rows = slice(start, start + _MOST)
        joint = predictor.joint(np.concatenate([weights[best : best + 1], weights[rows]]), target)
        variance = np.diag(joint.covariance)
        sd[rows] = joint.sd[1:]
        apart[rows] = np.sqrt(np.maximum(variance[0] + variance[1:] - 2 * joint.covariance[0, 1:], 0))
    reach = np.maximum(norm.ppf(confidence) * apart, noise_floor)
    return sd, mean - mean[best] <= reach
