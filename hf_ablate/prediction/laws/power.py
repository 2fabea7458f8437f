"""The power law: a loss is linear in a power of the units' weights."""

from dataclasses import dataclass

import numpy as np

from ..observations import Observations
from ..ridge import Ridge, fit_ridge
from .measured import measured_rows


FEWEST_RUNS = 4
# Small: what counts is that a unit is there at all; 1: how much of it.
EXPONENTS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class PowerLaw:
    """L_d(w) = c_d + Σ_u a_du w_u^(p_d), a ridge regression with the exponent of least leave-one-out error.

    Losses fall as powers of the amount of data (arXiv 2001.08361); here each unit adds its own, in the share of it.

    Args:
        exponents (`np.ndarray`): [domains], p.
        ridges (`tuple[Ridge, ...]`): for each domain, c and a.
        leave_one_out (`np.ndarray`): [runs, domains], each run's loss as the others predict it; NaN where it has none.
    """

    exponents: np.ndarray
    ridges: tuple[Ridge, ...]
    leave_one_out: np.ndarray

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The expected losses of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        fitted = zip(self.ridges, self.exponents, strict=True)
        return np.column_stack([ridge.predict(weights**exponent) for ridge, exponent in fitted])


def fit_power_law(runs: Observations) -> PowerLaw:
    """Fit every domain on the runs that have a loss on it, with exponent and penalty of least leave-one-out error.

    Args:
        runs ([`Observations`]): four or more with a loss on every domain.

    Raises:
        `InputError`: for fewer.
    """
    exponents, ridges = [], []
    leave_one_out = np.full_like(runs.losses, np.nan)
    for domain, rows in enumerate(measured_rows(runs, FEWEST_RUNS, "power law")):
        losses = runs.losses[rows, domain]
        candidates = [fit_ridge(runs.weights[rows] ** exponent, losses) for exponent in EXPONENTS]
        best = int(np.argmin([(ridge.leave_one_out**2).sum() for ridge in candidates]))
        exponents.append(EXPONENTS[best])
        ridges.append(candidates[best])
        leave_one_out[rows, domain] = losses - candidates[best].leave_one_out
    return PowerLaw(np.array(exponents), tuple(ridges), leave_one_out)
