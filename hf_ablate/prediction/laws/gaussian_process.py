"""A Gaussian process on the square roots of the weights: no formula, but how alike mixtures are."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..observations import Observations
from .measured import measured_rows


FEWEST_RUNS = 4
LENGTHS, VARIANCES, NOISES = (0.1, 30.0), (1e-3, 1e3), (1e-6, 1.0)  # bounds of the kernel's parameters
# For the kernel's parameters, which take time with the cube of the number of runs; losses come from all runs.
MOST_RUNS_FOR_KERNEL, SEED = 128, 0


@dataclass(frozen=True)
class GaussianProcess:
    """For each domain, a process with a constant mean, a Matern 5/2 kernel and noise (Rasmussen and Williams, 2006).

    Every unit has its own length scale, however few the runs are: a domain depends on few of the units, its own above
    all, and the likelihood finds them from fewer runs than there are units, where one scale for all fails.

    Args:
        processes (`tuple[GaussianProcessRegressor, ...]`): for each domain, of losses with mean 0 and deviation 1.
        means (`np.ndarray`): [domains], of the losses that it was fitted on.
        deviations (`np.ndarray`): [domains], of the same.
        leave_one_out (`np.ndarray`): [runs, domains], each run's loss as the others predict it with the same kernel;
            NaN where it has none.
    """

    processes: tuple[Any, ...]
    means: np.ndarray
    deviations: np.ndarray
    leave_one_out: np.ndarray

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The expected losses of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        roots = np.sqrt(weights)
        # `predict` gives the same; most of its time goes into checking what it is given, and a search asks often.
        standardised = np.column_stack(
            [process.kernel_(roots, process.X_train_) @ process.alpha_ for process in self.processes]
        )
        return self.means + self.deviations * standardised

    def sd(self, weights: np.ndarray) -> np.ndarray:
        """Standard deviations of what a model trained on each mixture would show, noise included.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        predictions = [process.predict(np.sqrt(weights), return_std=True) for process in self.processes]
        return self.deviations * np.column_stack([deviation for _, deviation in predictions])


def fit_gaussian_process(runs: Observations) -> GaussianProcess:
    """Fit every domain on the runs that have a loss on it, by maximum likelihood.

    Args:
        runs ([`Observations`]): four or more with a loss on every domain.

    Raises:
        `InputError`: for fewer.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    start = ConstantKernel(1.0, VARIANCES) * Matern(np.ones(runs.weights.shape[1]), LENGTHS, nu=2.5)
    kernel = start + WhiteKernel(0.01, NOISES)
    order = np.random.default_rng(SEED).permutation(len(runs))
    processes, means, deviations = [], [], []
    leave_one_out = np.full_like(runs.losses, np.nan)
    for domain, rows in enumerate(measured_rows(runs, FEWEST_RUNS, "Gaussian process")):
        losses = runs.losses[rows, domain]
        mean, deviation = losses.mean(), losses.std() or 1.0
        roots, standardised = np.sqrt(runs.weights[rows]), (losses - mean) / deviation
        drawn = np.sort(np.argsort(order[rows])[:MOST_RUNS_FOR_KERNEL])
        with warnings.catch_warnings():
            # The scale of a unit that does not matter runs into its bound, as it should.
            warnings.simplefilter("ignore", ConvergenceWarning)
            process = GaussianProcessRegressor(kernel, optimizer=_optimum).fit(roots[drawn], standardised[drawn])
        if len(drawn) < len(rows):
            process = GaussianProcessRegressor(process.kernel_, optimizer=None).fit(roots, standardised)
        processes.append(process)
        means.append(mean)
        deviations.append(deviation)
        leave_one_out[rows, domain] = losses - deviation * _leave_one_out(process)
    return GaussianProcess(tuple(processes), np.array(means), np.array(deviations), leave_one_out)


def _optimum(objective: Callable, start: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, float]:
    """By L-BFGS until it gains a ten-thousandth or less: half of the time, and the same rankings."""
    from scipy.optimize import minimize

    found = minimize(objective, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-4})
    return found.x, found.fun


def _leave_one_out(process: Any) -> np.ndarray:
    """Each value less its prediction from the others: (K⁻¹y)_i / (K⁻¹)_ii (Rasmussen and Williams, equation 5.12)."""
    from scipy.linalg import cho_solve

    inverse = cho_solve((process.L_, True), np.eye(len(process.L_)))
    return process.alpha_ / np.diag(inverse)
