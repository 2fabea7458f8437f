"""The mean of several laws, each with a share by its cross-validated error on every domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..observations import Observations
from ..out_of_fold import out_of_fold
from .exponential import fit_exponential_law
from .power import fit_power_law
from .process import fit_process


_FITS = {"exponential_law": fit_exponential_law, "power_law": fit_power_law, "process": fit_process}
_FOLDS = 5


class Law(Protocol):
    """A function from weights to losses, fitted on runs."""

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
        shares (`np.ndarray`): [laws, domains], inversely proportional to their mean squared errors out of fold.
        out_of_fold (`Mapping[str, np.ndarray]`): each law, and `laws` for their mean → [runs, domains], what is
            predicted of each run without its fold.
        error (`np.ndarray`): [domains], root mean squared error of the mean, out of fold.
    """

    laws: Mapping[str, Law]
    shares: np.ndarray
    out_of_fold: Mapping[str, np.ndarray]
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
    laws = {name: fit(runs) for name, fit in _FITS.items()}
    predicted = {name: out_of_fold(fit, runs, _FOLDS) for name, fit in _FITS.items()}
    errors = np.array([((values - runs.losses) ** 2).mean(axis=0) for values in predicted.values()])
    shares = 1 / np.maximum(errors, 1e-12)
    shares /= shares.sum(axis=0)
    predicted["laws"] = np.einsum("ld,lmd->md", shares, list(predicted.values()))
    error = np.sqrt(((predicted["laws"] - runs.losses) ** 2).mean(axis=0))
    return AveragedLaws(laws, shares, predicted, error)
