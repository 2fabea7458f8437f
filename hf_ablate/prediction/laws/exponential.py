"""The exponential mixing law: what data takes away of a loss shrinks exponentially in the units' weights."""

from dataclasses import dataclass

import numpy as np

from ..observations import Observations
from .measured import measured_rows


FEWEST_RUNS = 4
# Of the squared rates, beside the squared errors of losses divided by their standard deviation. The weights of a
# mixture sum to 1, so rates have one degree of freedom too many: even a very small penalty settles it.
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
# How far below the best run the floor is first tried, and how far below it may go, in ranges of the losses: far below,
# the law is a straight line in the weights, whatever its penalty.
FIRST_FLOORS, LOWEST_FLOOR = (0.1, 0.9), 1.0
OUTLIER = 0.3  # standard deviations of the losses: larger errors count linearly (Huber), not squared


@dataclass(frozen=True)
class ExponentialLaw:
    """L_d(w) = c_d + k_d exp(Σ_u t_du w_u) with k_d > 0 (Ye et al., arXiv 2403.16952).

    Args:
        floors (`np.ndarray`): [domains], c.
        log_gaps (`np.ndarray`): [domains], the logarithm of k.
        rates (`np.ndarray`): [units, domains], t.
        leave_one_out (`np.ndarray`): [runs, domains], each run's loss as the others predict it, to first order; NaN
            where it has none.
    """

    floors: np.ndarray
    log_gaps: np.ndarray
    rates: np.ndarray
    leave_one_out: np.ndarray

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The expected losses of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        return self.floors + np.exp(self.log_gaps + weights @ self.rates)


def fit_exponential_law(runs: Observations) -> ExponentialLaw:
    """Fit every domain on the runs that have a loss on it, with the penalty of least leave-one-out error.

    Args:
        runs ([`Observations`]): four or more with a loss on every domain; with fewer than two more than units, the
            penalty decides much.

    Raises:
        `InputError`: for fewer than four.
    """
    columns = []
    leave_one_out = np.full_like(runs.losses, np.nan)
    for domain, rows in enumerate(measured_rows(runs, FEWEST_RUNS, "exponential law")):
        losses = runs.losses[rows, domain]
        scale = losses.std() or 1.0
        candidates = [_fit(runs.weights[rows], losses / scale, penalty) for penalty in PENALTIES]
        parameters, others = min(candidates, key=lambda fitted: _robust(fitted[1] - losses / scale).sum())
        columns.append([parameters[0] * scale, parameters[1] + np.log(scale), *parameters[2:]])
        leave_one_out[rows, domain] = others * scale
    fitted = np.array(columns).T
    return ExponentialLaw(fitted[0], fitted[1], fitted[2:], leave_one_out)


def _fit(weights: np.ndarray, losses: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """The parameters (floor, log gap, rates), and each run's loss as the others predict it."""
    from scipy.optimize import least_squares

    best, spread = losses.min(), max(np.ptp(losses), 1e-6)
    fits = [
        least_squares(
            residuals,
            _start(weights, losses, best - floor * spread),
            derivatives,
            bounds=([best - LOWEST_FLOOR * spread] + [-np.inf] * (1 + weights.shape[1]), np.inf),
            loss="huber",
            f_scale=OUTLIER,
            max_nfev=200,
            args=(weights, losses, penalty),
        )
        for floor in FIRST_FLOORS
    ]
    parameters = min(fits, key=lambda fit: fit.cost).x
    return parameters, _leave_one_out(parameters, weights, losses, penalty)


def residuals(parameters: np.ndarray, weights: np.ndarray, losses: np.ndarray, penalty: float) -> np.ndarray:
    """What is to be small: errors, and the penalised rates.

    Both by Huber's loss: most units do not matter for a domain, and those that do may have large rates.

    Args:
        parameters (`np.ndarray`): [2 + units], floor, logarithm of the gap, rates.
        weights (`np.ndarray`): [runs, units].
        losses (`np.ndarray`): [runs].
        penalty (`float`): of the squared rates.

    Returns:
        `np.ndarray`: [runs + units].
    """
    return np.concatenate([parameters[0] + _gaps(parameters, weights) - losses, np.sqrt(penalty) * parameters[2:]])


def derivatives(parameters: np.ndarray, weights: np.ndarray, losses: np.ndarray, penalty: float) -> np.ndarray:
    """Of the [`residuals`], with the same arguments.

    Args:
        parameters (`np.ndarray`): [2 + units].
        weights (`np.ndarray`): [runs, units].
        losses (`np.ndarray`): [runs].
        penalty (`float`): of the squared rates.

    Returns:
        `np.ndarray`: [runs + units, 2 + units].
    """
    runs, units = weights.shape
    gaps = _gaps(parameters, weights)[:, None]
    return np.vstack(
        [np.hstack([np.ones((runs, 1)), gaps, gaps * weights]), np.sqrt(penalty) * np.eye(units, units + 2, 2)]
    )


def _gaps(parameters: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(parameters[1] + weights @ parameters[2:], 50))  # finite after a step too far


def _start(weights: np.ndarray, losses: np.ndarray, floor: float) -> np.ndarray:
    """Parameters for a given floor: then the logarithm of what is above it is linear in the weights."""
    runs, units = weights.shape
    design = np.column_stack([np.ones(runs), weights])
    penalty = np.diag([0.0] + [1e-2 * runs / units] * units)
    return np.concatenate([[floor], np.linalg.solve(design.T @ design + penalty, design.T @ np.log(losses - floor))])


def _leave_one_out(parameters: np.ndarray, weights: np.ndarray, losses: np.ndarray, penalty: float) -> np.ndarray:
    """As for a linear model with the law's derivatives as features, in which outliers have less weight."""
    errors = residuals(parameters, weights, losses, penalty)
    gradient = derivatives(parameters, weights, losses, penalty)
    weighted = gradient.T * (OUTLIER / np.maximum(np.abs(errors), OUTLIER))
    step = np.linalg.lstsq(weighted @ gradient, weighted)[0]
    runs = len(losses)
    leverage = np.einsum("rp,pr->r", gradient[:runs], step[:, :runs])
    return losses + errors[:runs] / np.maximum(1 - leverage, 1e-7)


def _robust(errors: np.ndarray) -> np.ndarray:
    """Huber's loss."""
    sizes = np.abs(errors)
    return np.where(sizes < OUTLIER, sizes**2, OUTLIER * (2 * sizes - OUTLIER))
