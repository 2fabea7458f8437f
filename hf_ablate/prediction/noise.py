"""The noise floor: how much losses change when a training is repeated with another seed."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import InputError
from .observations import Observations


@dataclass(frozen=True)
class NoiseFloor:
    """The noise of one training: the covariance of the losses of models that differ in their seed alone.

    Args:
        covariance (`np.ndarray`): [domains, domains]; the same luck moves many domains at once.
        source (`str`): `repeats`, or `residuals`: an upper limit, because errors of the predictor are in it.
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
        from scipy.stats import t

        return t.ppf((1 + confidence) / 2, self.degrees_of_freedom) * np.sqrt(2 * self.variance(targets))

    def text(self, target: np.ndarray, unit_of_measure: str) -> str:
        """The noise floor of one target in a sentence.

        Args:
            target (`np.ndarray`): [domains], its weights.
            unit_of_measure (`str`): of the losses.
        """
        count = self.degrees_of_freedom
        floor = f"{self.smallest_difference(target):.4f} {unit_of_measure}"
        noun = "degree of freedom" if count == 1 else "degrees of freedom"
        if self.source == "repeats":
            return (
                f"Noise floor: another training seed alone makes differences of up to {floor} in 95 of 100 cases "
                f"(from repeats, {count} {noun})."
            )
        return (
            f"Noise floor: at most {floor}, estimated from what the predictor leaves unexplained ({count} {noun}), "
            "because no mixture was trained with two seeds."
        )


def noise_floor(references: Observations, residuals: np.ndarray) -> NoiseFloor:
    """The noise floor of a study, from repeats if there are any, otherwise from residuals.

    Args:
        references (`Observations`): reference models of one scale; those without a loss on every domain are left out.
        residuals (`np.ndarray`): [references, domains], their losses less those that a predictor expects that was
            fitted without them.

    Raises:
        `InputError`: for fewer than two mixtures without repeats.

    Example:

    ```python
    >>> weights, losses = np.array([[0.5, 0.5], [0.5, 0.5], [0.2, 0.8]]), np.array([[1.0], [1.2], [0.9]])
    >>> floor = noise_floor(Observations(("m-1", "m-1", "m-2"), weights, losses), np.zeros((3, 1)))
    >>> floor.source, floor.sd.round(4).tolist()
    ('repeats', [0.1414])

    ```
    """
    rows = np.flatnonzero(np.isfinite(references.losses).all(axis=1) & np.isfinite(residuals).all(axis=1))
    complete = references.only(rows)
    return noise_of_repeats(references) or _noise_of_residuals(complete.weights, np.asarray(residuals)[rows])


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


def _noise_of_residuals(weights: np.ndarray, residuals: np.ndarray) -> NoiseFloor:
    """Half the mean squared difference between the residuals of nearest neighbours.

    What the predictor gets wrong changes little from a mixture to its neighbour and cancels, luck does not (Rice,
    "Bandwidth choice for nonparametric regression", Annals of Statistics, 1984). Distances are between square roots of
    weights.
    """
    if len(weights) < 2:
        raise InputError(
            f"the noise floor cannot be estimated from {len(weights)} reference models; train at least two, or one "
            "mixture with two seeds"
        )
    roots = np.sqrt(weights)
    distances = np.linalg.norm(roots[:, None] - roots[None], axis=-1)
    np.fill_diagonal(distances, math.inf)
    pairs = sorted({tuple(sorted(pair)) for pair in enumerate(distances.argmin(axis=1).tolist())})
    first, second = np.array(pairs).T
    differences = residuals[first] - residuals[second]
    return NoiseFloor(differences.T @ differences / (2 * len(pairs)), "residuals", len(pairs))
