"""The Gaussian process of a surrogate: one kernel for all domains, whose parameters are chosen on some mixtures."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from ..manifest import digest


if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Kernel


Kernels = Mapping[str, Sequence[float]]

_JITTER = 1e-6  # of the variance of what is learned: scores of proxies have no noise
_MOST_TUNED = 200  # mixtures that kernel parameters are chosen on
_START = (1.0, 0.1, 0.5)  # where the search for them begins


@dataclass(frozen=True)
class Process:
    """A fitted process, and the kernel parameters that need not be searched for again.

    Args:
        regressor (`GaussianProcessRegressor`): fitted.
        kernels (`Mapping[str, Sequence[float]]`): digest of the sample that the parameters were chosen on → the
            parameters; empty where they were chosen on all that was learned from, which takes little time.
    """

    regressor: "GaussianProcessRegressor"
    kernels: Kernels = field(default_factory=dict)


def fit_process(inputs: np.ndarray, values: np.ndarray, known: Kernels = MappingProxyType({})) -> Process:
    """A quadratic form and what it leaves of the values, with one kernel for all domains.

    Args:
        inputs (`np.ndarray`): [mixtures, inputs].
        values (`np.ndarray`): [mixtures, domains], without noise.
        known (`Mapping[str, Sequence[float]]`): [`Process.kernels`] of earlier fits; they change no digit.
    """
    from sklearn.gaussian_process import GaussianProcessRegressor

    rows = evenly(len(inputs), _MOST_TUNED)
    if len(rows) == len(inputs):
        return Process(_tuned(inputs, values))
    sample = digest([inputs[rows].tolist(), values[rows].tolist()])
    parameters = known[sample] if sample in known else _parameters(_tuned(inputs[rows], values[rows]).kernel_)
    regressor = GaussianProcessRegressor(_kernel(*parameters), alpha=_JITTER, normalize_y=True, optimizer=None)
    return Process(regressor.fit(inputs, values), {sample: parameters})


def _tuned(inputs: np.ndarray, values: np.ndarray) -> "GaussianProcessRegressor":
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor

    with warnings.catch_warnings():
        # A parameter at its bound is an answer: no trend, or nothing left beside it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianProcessRegressor(_kernel(*_START), alpha=_JITTER, normalize_y=True).fit(inputs, values)


def _kernel(trend: float, rest: float, length: float) -> "Kernel":
    from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern

    share = (1e-3, 1e4)
    quadratic = DotProduct(sigma_0=1e-9, sigma_0_bounds="fixed") ** 2
    return ConstantKernel(trend, share) * quadratic + ConstantKernel(rest, share) * Matern(length, (0.05, 20), nu=2.5)


def _parameters(kernel: "Kernel") -> list[float]:
    """What [`_kernel`] takes; not the logarithms of it, which would not give the last digit again."""
    return [float(kernel.k1.k1.constant_value), float(kernel.k2.k1.constant_value), float(kernel.k2.k2.length_scale)]


def evenly(count: int, most: int) -> np.ndarray:
    """Positions that are evenly spaced.

    Args:
        count (`int`): of all positions.
        most (`int`): of them that are given.

    Returns:
        `np.ndarray`: [at most `most`], rising.
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))
