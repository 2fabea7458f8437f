"""The mean of several laws, each with a share by its leave-one-out error on every domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..observations import Observations
from .exponential import fit_exponential_law
from .power import fit_power_law


_FITS = {"exponential_law": fit_exponential_law, "power_law": fit_power_law}


class Law(Protocol):
    """A function from weights to losses, fitted on runs.

    `leave_one_out` is [runs, domains], each run's loss as the others predict it.
    """

    leave_one_out: np.ndarray

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The losses of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """


@dataclass(frozen=True)
class AveragedLaws:
    """Several laws and their mean.

    No law is best everywhere, and the best at a small scale need not be the best at a large one: the mean is never far
    from the best.

    Args:
        laws (`Mapping[str, Law]`): by name.
        shares (`np.ndarray`): [laws, domains], inversely proportional to their mean squared leave-one-out errors.
        leave_one_out (`np.ndarray`): [runs, domains], each run's loss as the mean of the laws predicts it without it.
        error (`np.ndarray`): [domains], root mean squared error of these predictions.
    """

    laws: Mapping[str, Law]
    shares: np.ndarray
    leave_one_out: np.ndarray
    error: np.ndarray

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The mean of the laws.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        return np.einsum("ld,lmd->md", self.shares, [law.losses(weights) for law in self.laws.values()])


def enough_runs(runs: Observations) -> bool:
    """Whether laws are worth a try: as many runs as units, and eight."""
    return len(runs) >= max(8, runs.weights.shape[1])


def fit_averaged_laws(runs: Observations) -> AveragedLaws:
    """Fit all laws on the runs, and judge them by cross-validation.

    Args:
        runs (`Observations`): at one scale, with a loss on every domain.
    """
    laws: dict[str, Law] = {name: fit(runs) for name, fit in _FITS.items()}
    predicted = np.array([law.leave_one_out for law in laws.values()])
    shares = 1 / np.maximum(((predicted - runs.losses) ** 2).mean(axis=1), 1e-12)
    shares /= shares.sum(axis=0)
    leave_one_out = np.einsum("ld,lrd->rd", shares, predicted)
    return AveragedLaws(laws, shares, leave_one_out, np.sqrt(((leave_one_out - runs.losses) ** 2).mean(axis=0)))
