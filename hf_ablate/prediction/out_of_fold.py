"""Predictions of runs by laws that have not seen them."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from .observations import Observations


class Fitted(Protocol):
    """A law fitted on runs."""

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The expected losses of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """


def out_of_fold(fit: Callable[[Observations], Fitted], runs: Observations, folds: int, seed: int) -> np.ndarray:
    """Each run's losses as a law predicts them that is fitted on the other folds; repeats of a mixture share a fold.

    Args:
        fit (`Callable`): fits a law on runs.
        runs ([`Observations`]): all of them.
        folds (`int`): how many, at most as many as there are mixtures.
        seed (`int`): of the order in which mixtures are dealt to folds.

    Returns:
        `np.ndarray`: [runs, domains]; NaN where the run itself has no loss.
    """
    mixtures, mixture_of_run = np.unique(runs.ids, return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(mixtures)) % folds
    fold_of_run = dealt[mixture_of_run]
    predicted = np.full_like(runs.losses, np.nan)
    for fold in np.unique(fold_of_run):
        inside = fold_of_run == fold
        predicted[inside] = fit(runs.only(np.flatnonzero(~inside))).losses(runs.weights[inside])
    return np.where(np.isfinite(runs.losses), predicted, np.nan)
