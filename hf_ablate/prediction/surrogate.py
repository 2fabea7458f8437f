"""The surrogate of a proxy: its scores for any mixture, from those of the mixtures that it was scored for.

A Gaussian process (scikit-learn) learns what a formula over the components leaves, in each proxy's own terms:

- merged weights are a smooth function of the weights, and near a component that of a quadratic form: what merging
  gains over the weighted mean of the components' losses is learned from the weights themselves. On pools with all
  merges scored, that predicts far better than the difference from averaged probabilities, which are not smooth where a
  weight is zero (`benchmarks/surrogate.py`).
- averaged probabilities fall steeply where a unit first gets weight, as the logarithm of a sum does: what they lose
  against a soft minimum of the components is learned from the weights and their square roots.

The kernel is the same for both, a quadratic form for the trend and a Matérn 5/2 process for the rest (Rasmussen and
Williams, Gaussian Processes for Machine Learning, 2006, chapters 2 and 4). All domains share its length scale and
shares, which takes one factorisation for all of them and lets many domains decide what few mixtures cannot.
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..mixtures.proxies import ENSEMBLE, MERGE
from .evidence import Evidence
from .observations import Observations
from .soft_minimum import soft_minimum


if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor


_SHARPNESS = 4.0  # of the soft minimum under averaged probabilities: smoother than the one that is a proxy itself
_JITTER = 1e-6  # of the variance of what is learned: scores of proxies have no noise
_MOST_TUNED = 200  # mixtures that kernel parameters are chosen on
_MOST_FITTED = 2000  # mixtures that are learned from; others that are scored are known all the same
_AT_ONCE = 4096  # mixtures that are predicted together


@dataclass(frozen=True)
class Surrogate:
    """A proxy's scores for any mixture: exact where it was scored, predicted elsewhere.

    Args:
        kind (`str`): `merged` or `ensemble`.
        components (`np.ndarray`): [units, domains], losses of the component models; of one that is missing, what the
            scored mixtures say of its unit, NaN where they say nothing.
        process (`GaussianProcessRegressor`): of the difference from the formula over the components.
        known (`Mapping[bytes, np.ndarray]`): the losses of the mixtures that were scored, NaN where one was not.
    """

    kind: str
    components: np.ndarray
    process: "GaussianProcessRegressor"
    known: Mapping[bytes, np.ndarray]

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The proxy's losses.

        Args:
            weights (`np.ndarray`): [mixtures, units], rows sum to 1.

        Returns:
            `np.ndarray`: [mixtures, domains]; NaN for mixtures with a unit that nothing is known of.
        """
        found = _formula(self.kind, weights, self.components)
        for rows in _portions(weights):
            found[rows] += self.process.predict(_inputs(self.kind, weights[rows]))
        exact = self._exact(weights)
        return np.where(np.isnan(exact), found, exact)

    def sd(self, weights: np.ndarray) -> np.ndarray:
        """The standard deviation of the error of [`Surrogate.losses`].

        Args:
            weights (`np.ndarray`): [mixtures, units], rows sum to 1.

        Returns:
            `np.ndarray`: [mixtures, domains]; 0 where the proxy was scored.
        """
        found = np.full((len(weights), self.components.shape[1]), np.nan)
        for rows in _portions(weights):
            found[rows] = self.process.predict(_inputs(self.kind, weights[rows]), return_std=True)[1]
        return np.where(np.isnan(self._exact(weights)), found, 0.0)

    def _exact(self, weights: np.ndarray) -> np.ndarray:
        missing = np.full(self.components.shape[1], np.nan)
        return np.array([self.known.get(key, missing) for key in _keys(weights)]).reshape(len(weights), -1)


def fit_surrogates(evidence: Evidence) -> dict[str, Surrogate]:
    """The surrogate of each kind of proxy that some mixture of two units or more was scored for on every domain.

    Reference models are not looked at: the folds of a cross-validation over them can share what this gives.

    Args:
        evidence ([`Evidence`]): with the scores of proxies and components.
    """
    return {
        kind: fit_surrogate(kind, scored, evidence.components)
        for kind, scored in evidence.proxies.items()
        if ((scored.complete().weights > 0).sum(axis=1) > 1).any()
    }


def fit_surrogate(kind: str, scored: Observations, components: np.ndarray) -> Surrogate:
    """Learn a proxy's scores from the mixtures that it was scored for, and from the components.

    Args:
        kind (`str`): `merged` or `ensemble`.
        scored ([`Observations`]): the proxy's scores, of one mixture or more on every domain.
        components (`np.ndarray`): [units, domains], losses of the component models, which are the proxy's for mixtures
            of one unit; NaN for a unit without one, for example where components were trained on mixtures.
    """
    weights, losses = _distinct(scored, components)
    known = dict(zip(_keys(weights), losses, strict=True))
    fitted = np.flatnonzero(np.isfinite(losses).all(axis=1))
    fitted = fitted[_evenly(len(fitted), _MOST_FITTED)]
    weights, losses = weights[fitted], losses[fitted]
    components = _completed(components, weights, losses)
    difference = losses - _formula(kind, weights, components)
    return Surrogate(kind, components, _fit_process(_inputs(kind, weights), difference), known)


def _completed(components: np.ndarray, weights: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """The components' losses, missing ones as a linear fit to mixtures has them; NaN for a unit that none of them has.

    The process learns what the linear fit gets wrong.
    """
    missing = np.isnan(components).any(axis=1)
    left = losses - weights[:, ~missing] @ components[~missing]
    found, *_ = np.linalg.lstsq(weights[:, missing], left)
    found[~weights[:, missing].any(axis=0)] = np.nan
    completed = components.copy()
    completed[missing] = found
    return completed


def _distinct(scored: Observations, components: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mixtures and losses, components among them, in an order that does not depend on the order they came in."""
    weights = np.vstack([scored.weights, np.eye(len(components))])
    losses = np.vstack([scored.losses, components])
    _, first = np.unique(np.round(weights, 9), axis=0, return_index=True)
    return weights[first], losses[first]


def _keys(weights: np.ndarray) -> Iterator[bytes]:
    """What identifies each mixture; weights are equal where their first nine decimals are."""
    return (row.tobytes() for row in np.round(weights, 9) + 0.0)


def _evenly(count: int, most: int) -> np.ndarray:
    """At most so many positions of `count`, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))


def _portions(weights: np.ndarray) -> Iterator[slice]:
    return (slice(start, start + _AT_ONCE) for start in range(0, len(weights), _AT_ONCE))


def _formula(kind: str, weights: np.ndarray, components: np.ndarray) -> np.ndarray:
    if kind == ENSEMBLE.kind:
        return soft_minimum(weights, components, _SHARPNESS)
    missing = (weights > 0) @ np.isnan(components)
    return np.where(missing, np.nan, weights @ np.nan_to_num(components))


def _inputs(kind: str, weights: np.ndarray) -> np.ndarray:
    """What a process of the kind sees of mixtures."""
    return weights if kind == MERGE.kind else np.hstack([weights, np.sqrt(weights)])


def _fit_process(inputs: np.ndarray, values: np.ndarray) -> "GaussianProcessRegressor":
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern

    share = (1e-3, 1e4)
    trend = ConstantKernel(1.0, share) * DotProduct(sigma_0=1e-9, sigma_0_bounds="fixed") ** 2
    rest = ConstantKernel(0.1, share) * Matern(0.5, (0.05, 20), nu=2.5)
    rows = _evenly(len(inputs), _MOST_TUNED)
    with warnings.catch_warnings():
        # A parameter at its bound is an answer: no trend, or nothing left beside it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        tuned = GaussianProcessRegressor(trend + rest, alpha=_JITTER, normalize_y=True).fit(inputs[rows], values[rows])
        if len(rows) == len(inputs):
            return tuned
        return GaussianProcessRegressor(tuned.kernel_, alpha=_JITTER, normalize_y=True, optimizer=None).fit(
            inputs, values
        )
