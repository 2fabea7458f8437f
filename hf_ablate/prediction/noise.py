"""The noise floor: how much losses change when a training is repeated with another seed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .observations import Observations


@dataclass(frozen=True)
class NoiseFloor:
    """The noise of one training: the covariance of the losses of models that differ in their seed alone.

    Args:
        covariance (`np.ndarray`): [domains, domains]; the same luck moves many domains at once.
        source (`str`): `repeats`, or `residuals`: the part of what a predictor leaves unexplained that counts as
            noise.
        degrees_of_freedom (`int`): how many independent differences it comes from.
    """

    covariance: np.ndarray
    source: Literal["repeats", "residuals"]
    degrees_of_freedom: int

    @property
    def sd(self) -> np.ndarray:
        """The standard deviation on every domain: [domains]."""
        return np.sqrt(np.diag(self.covariance))

    def variance(self, targets: np.ndarray) -> np.ndarray:
        """The variance between trainings on targets.

        Args:
            targets (`np.ndarray`): [..., domains], the weight of each domain in each target.

        Returns:
            `np.ndarray`: [...].
        """
        return np.einsum("...i,ij,...j->...", targets, self.covariance, targets)

    def smallest_difference(self, targets: np.ndarray, confidence: float = 0.95) -> np.ndarray:
        """What the losses of two models must differ by before it counts as a difference between their mixtures.

        Two trainings on one mixture differ by less in a share `confidence` of all cases (Student's t).

        Args:
            targets (`np.ndarray`): [..., domains], as for [`NoiseFloor.variance`].
            confidence (`float`): between 0 and 1.

        Returns:
            `np.ndarray`: [...].
        """
        return self.reach(confidence) * np.sqrt(self.variance(targets))

    def reach(self, confidence: float) -> float:
        """That difference as a multiple of the standard deviation of one training.

        Args:
            confidence (`float`): between 0 and 1.
        """
        from scipy.stats import t

        return float(t.ppf((1 + confidence) / 2, self.degrees_of_freedom)) * np.sqrt(2)


def noise_of_repeats(references: Observations) -> NoiseFloor | None:
    """The variance within mixtures, pooled over all that were trained more than once; `None` if none was.

    Args:
        references (`Observations`): of one scale.
    """
    complete = references.complete()
    ids, group = np.unique(complete.ids, return_inverse=True)
    degrees_of_freedom = len(complete) - len(ids)
    if degrees_of_freedom == 0:
        return None
    means = np.array([complete.losses[group == number].mean(axis=0) for number in range(len(ids))])
    deviations = complete.losses - means[group]
    return NoiseFloor(deviations.T @ deviations / degrees_of_freedom, "repeats", degrees_of_freedom)
