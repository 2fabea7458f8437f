"""The mean of several laws, each with a share by its leave-one-out error on every domain."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol

import numpy as np

from ...errors import InputError
from ..observations import Observations
from ..out_of_fold import out_of_fold
from .exponential import fit_exponential_law
from .gaussian_process import fit_gaussian_process
from .power import fit_power_law
from .trees import FEWEST_RUNS, fit_trees


# Up to so many runs, the process is fitted anew without those that it predicts: with a length scale for each unit, its
# own leave-one-out error, for which they have seen all runs, is half of the real one (0.20 for 0.46 of a standard
# deviation with 17 of RegMix's runs of 60M, 0.16 for 0.26 with 48).
_FEW_RUNS, _FOLDS = 64, 8
# With as many rates as units for every domain, the exponential law alone takes an hour for 139 units and domains; and
# with so many units there are hardly more runs than components, which say nothing of mixtures.
_MOST_UNITS = 64
TREES = "trees"
_FITS = {"exponential_law": fit_exponential_law, "power_law": fit_power_law, "process": fit_gaussian_process}


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
        shares (`np.ndarray`): [laws, domains], inversely proportional to their leave-one-out errors (root mean
            squares), or equal.
        leave_one_out (`np.ndarray`): [runs, domains], each run's loss as the mean of the laws predicts it without it.
        error (`np.ndarray`): [domains], root mean squared error of these predictions.
    """

    laws: Mapping[str, Law]
    shares: np.ndarray
    leave_one_out: np.ndarray
    error: np.ndarray

    def extrapolation(self, weights: np.ndarray) -> np.ndarray:
        """How far the laws may be off beyond what they are among the runs: what the process says of new ground.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains], standard deviations; 0 where mixtures are like the runs.
        """
        return np.sqrt(np.maximum(self.laws["process"].sd(weights) ** 2 - self.error**2, 0))

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The mean of the laws.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        return np.einsum("ld,lmd->md", self.shares, [law.losses(weights) for law in self.laws.values()])


def enough_runs(runs: Observations) -> bool:
    """Whether laws are worth a try: as many runs as units, and eight; and not too many units."""
    units = runs.weights.shape[1]
    return max(8, units) <= len(runs) and units <= _MOST_UNITS


def fit_averaged_laws(runs: Observations) -> AveragedLaws:
    """Fit all laws on the runs, and weigh them by their leave-one-out errors.

    Args:
        runs (`Observations`): at one scale, with a loss on every domain.
    """
    laws: dict[str, Law] = {name: fit(runs) for name, fit in _FITS.items()}
    if len(runs) <= _FEW_RUNS:
        unseen = out_of_fold(fit_gaussian_process, runs, _FOLDS, seed=0)
        laws["process"] = replace(laws["process"], leave_one_out=unseen)
    predicted = np.array([law.leave_one_out for law in laws.values()])
    shares = 1 / np.maximum(np.sqrt(((predicted - runs.losses) ** 2).mean(axis=1)), 1e-9)
    return _averaged(laws, shares, runs.losses)


def with_trees(fitted: AveragedLaws, runs: Observations) -> AveragedLaws:
    """The same laws beside gradient-boosted trees, which have no share in their mean.

    Args:
        fitted ([`AveragedLaws`]): on the runs.
        runs (`Observations`): that they were fitted on.

    Raises:
        `InputError`: where LightGBM is not installed, and for so few runs that trees cannot be judged by folds.
    """
    needed = next(runs for runs in count(FEWEST_RUNS) if runs - math.ceil(runs / _FOLDS) >= FEWEST_RUNS)
    if len(runs) < needed:
        raise InputError(
            f"gradient-boosted trees need {needed} runs or more, of which an eighth is held out at a time to judge "
            f"them, and there are {len(runs)}"
        )
    trees = replace(fit_trees(runs), leave_one_out=out_of_fold(fit_trees, runs, _FOLDS, seed=0))
    shares = np.concatenate([fitted.shares, np.zeros((1, fitted.shares.shape[1]))])
    return replace(fitted, laws={**fitted.laws, TREES: trees}, shares=shares)


def for_larger_scale(fitted: AveragedLaws, losses: np.ndarray) -> AveragedLaws:
    """The mean of the laws for a scale without any run, where no error says which laws to trust.

    It is that of the power law and the process in equal parts. From RegMix's runs of 1M parameters, the power law
    ordered 64 models of 1B on the mean of domains with Spearman's rho 0.79, the exponential law with 0.58.

    Args:
        fitted ([`AveragedLaws`]): at a smaller scale.
        losses (`np.ndarray`): [runs, domains], that they were fitted on.
    """
    laws = {name: law for name, law in fitted.laws.items() if name != "exponential_law"}
    return _averaged(laws, np.ones((len(laws), losses.shape[1])), losses)


def _averaged(laws: dict[str, Law], shares: np.ndarray, losses: np.ndarray) -> AveragedLaws:
    shares = shares / shares.sum(axis=0)
    leave_one_out = np.einsum("ld,lrd->rd", shares, [law.leave_one_out for law in laws.values()])
    return AveragedLaws(laws, shares, leave_one_out, np.sqrt(((leave_one_out - losses) ** 2).mean(axis=0)))
