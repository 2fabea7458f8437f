"""What the search makes small: a predictor's loss on a target, for many mixtures at once, with its slope."""

from dataclasses import dataclass

import numpy as np

from ..prediction.predictor import Predictor


_BATCH = 256  # mixtures whose errors' covariance is computed at once
_STEP = 1e-4  # by which weights change in differences: far above rounding, far below what mixtures differ by


@dataclass(frozen=True)
class Objective:
    """The loss on a target that a predictor expects, or that is not exceeded with some probability.

    Args:
        predictor ([`Predictor`]): of losses.
        target (`np.ndarray`): [domains], the weight of each domain.
        confidence_bound (`float`, *optional*): the probability with which the loss is not exceeded; default: the
            expected loss.
    """

    predictor: Predictor
    target: np.ndarray
    confidence_bound: float | None = None

    def values(self, weights: np.ndarray) -> np.ndarray:
        """The losses of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures].
        """
        if self.confidence_bound is None:
            judged = self.target > 0
            return self.predictor.expected(weights)[:, judged] @ self.target[judged]
        from scipy.stats import norm

        quantile = norm.ppf(self.confidence_bound)
        losses = []
        for start in range(0, len(weights), _BATCH):
            joint = self.predictor.joint(weights[start : start + _BATCH], self.target)
            losses.append(joint.mean + quantile * np.sqrt(np.maximum(np.diag(joint.covariance), 0.0) + joint.noise))
        return np.concatenate(losses)

    def with_slope(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """The loss of a mixture and its slope in the weight of every unit, the others shrinking in proportion.

        All differences are predicted in one call: on both sides of the mixture, or on one where a unit has no weight.

        Args:
            weights (`np.ndarray`): [units], not negative; they are made to sum to 1, all zeros to equal shares.

        Returns:
            `tuple[float, np.ndarray]`: the loss, and its slopes, [units].
        """
        weights = weights / weights.sum() if weights.any() else np.full(len(weights), 1 / len(weights))
        toward = np.eye(len(weights)) - weights
        has_room = weights > 2 * _STEP
        second = np.where(has_room, -_STEP, 2 * _STEP)
        points = np.concatenate([weights[None], weights + _STEP * toward, weights + second[:, None] * toward])
        values = self.values(points)
        here, first, other = values[0], values[1 : len(weights) + 1], values[len(weights) + 1 :]
        one_sided = (4 * first - other - 3 * here) / (2 * _STEP)
        return float(here), np.where(has_room, (first - other) / (2 * _STEP), one_sided)
