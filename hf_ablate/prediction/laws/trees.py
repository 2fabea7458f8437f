"""Gradient-boosted trees, RegMix's regression (Liu et al., arXiv 2407.01492)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ..observations import Observations
from .measured import measured_rows


FEWEST_RUNS = 8
# RegMix has 512 runs and LightGBM's default of 20 or more in a leaf; fewer runs have smaller leaves.
RUNS_OF_REGMIX, IN_LEAF, FEWEST_IN_LEAF = 512, 20, 3


@dataclass(frozen=True)
class Trees:
    """For each domain, a thousand trees with a learning rate of 0.01.

    Args:
        boosters (`tuple[LGBMRegressor, ...]`): for each domain.
        leave_one_out (`np.ndarray`, *optional*): [runs, domains], each run's loss as fits without its fold predict it.
    """

    boosters: tuple[Any, ...]
    leave_one_out: np.ndarray | None = None

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The expected losses of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        return np.column_stack([booster.predict(weights) for booster in self.boosters])


def fit_trees(runs: Observations) -> Trees:
    """Fit every domain on the runs that have a loss on it.

    All trees are used: RegMix stops early by its test runs, which nobody has when it counts.

    Args:
        runs ([`Observations`]): eight or more with a loss on every domain.

    Raises:
        `InputError`: for fewer, and where LightGBM is not installed.
    """
    try:
        from lightgbm import LGBMRegressor
    except ImportError as error:
        raise InputError(
            "gradient-boosted trees need LightGBM, which is not installed: pip install 'hf_ablate[trees]'"
        ) from error

    boosters = []
    for domain, rows in enumerate(measured_rows(runs, FEWEST_RUNS, "regression by gradient-boosted trees")):
        booster = LGBMRegressor(
            n_estimators=1000,
            learning_rate=0.01,
            min_child_samples=max(FEWEST_IN_LEAF, IN_LEAF * len(rows) // RUNS_OF_REGMIX),
            n_jobs=1,
            verbose=-1,
        )
        boosters.append(booster.fit(runs.weights[rows], runs.losses[rows, domain]))
    return Trees(tuple(boosters))
