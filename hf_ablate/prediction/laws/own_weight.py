"""The trivial law, which others have to beat: a domain's loss depends on the weight of its own unit alone."""

from dataclasses import dataclass

import numpy as np

from ..observations import Observations
from ..ridge import FEWEST_ROWS, Ridge, fit_ridge
from .measured import measured_rows


@dataclass(frozen=True)
class OwnWeightLaw:
    """L_d(w) = c_d + a_d sqrt(w_own(d)); the mean of the losses for a domain without an own unit.

    Args:
        own_units (`tuple[int | None, ...]`): for each domain, the unit that it is held out from.
        ridges (`tuple[Ridge, ...]`): for each domain, c and a.
        leave_one_out (`np.ndarray`): [runs, domains], each run's loss as the others predict it; NaN where it has none.
    """

    own_units: tuple[int | None, ...]
    ridges: tuple[Ridge, ...]
    leave_one_out: np.ndarray

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The expected losses of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        fitted = zip(self.ridges, self.own_units, strict=True)
        return np.column_stack([ridge.predict(_feature(weights, own)) for ridge, own in fitted])


def fit_own_weight_law(runs: Observations, own_units: tuple[int | None, ...]) -> OwnWeightLaw:
    """Fit every domain on the runs that have a loss on it.

    Args:
        runs ([`Observations`]): three or more with a loss on every domain.
        own_units (`tuple[int | None, ...]`): for each domain, the unit that it is held out from.

    Raises:
        `InputError`: for fewer runs.
    """
    ridges = []
    leave_one_out = np.full_like(runs.losses, np.nan)
    for domain, rows in enumerate(measured_rows(runs, FEWEST_ROWS, "law of a domain's own weight")):
        losses = runs.losses[rows, domain]
        ridges.append(fit_ridge(_feature(runs.weights[rows], own_units[domain]), losses))
        leave_one_out[rows, domain] = losses - ridges[-1].leave_one_out
    return OwnWeightLaw(own_units, tuple(ridges), leave_one_out)


def _feature(weights: np.ndarray, own: int | None) -> np.ndarray:
    """[mixtures, 1], or no feature: [mixtures, 0]."""
    return np.sqrt(weights[:, [] if own is None else [own]])
