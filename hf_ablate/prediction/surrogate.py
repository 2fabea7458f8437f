"""The surrogate of a proxy: its scores for any mixture, from those of the mixtures that it was scored for.

A Gaussian process (scikit-learn), in each proxy's own terms:

- merged weights: the loss of an average of weights is a smooth function of the mixture's weights, and between
  components that are near each other that of a quadratic form. It is learned from the weights as it is. Learning its
  difference from averaged probabilities takes several times as many merges (`benchmarks/surrogate.py`), since those
  are anything but smooth where a weight is zero.
- averaged probabilities fall steeply where a unit first gets weight, as the logarithm of a sum does. What they lose
  against a soft minimum of the components is learned, from the weights and their square roots.

The kernel is the same for both: a quadratic form for the trend, a Matérn 5/2 process for the rest (Rasmussen and
Williams, Gaussian Processes for Machine Learning, 2006, chapters 2 and 4). All domains share its length scale and
shares, which takes one factorisation for all of them and lets many domains decide what few mixtures cannot.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from ..mixtures.proxies import ENSEMBLE
from .observations import Observations
from .process import Kernels, evenly, fit_process
from .scored import Scored, rounded
from .soft_minimum import soft_minimum


if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor


_MOST_FITTED = 2000  # mixtures that are learned from; others that are scored are known all the same
_AT_ONCE = 4096  # mixtures that are predicted together


@dataclass(frozen=True)
class Surrogate:
    """A proxy's scores for any mixture: exact where it was scored, predicted elsewhere.

    Args:
        kind (`str`): `merged` or `ensemble`.
        scored ([`Scored`]): the mixtures that were scored, and their losses.
        seen (`np.ndarray`): [units], whether a mixture that is learned from has the unit.
        process (`GaussianProcessRegressor`): of the losses, or of what the soft minimum leaves of them.
        components (`np.ndarray`, *optional*): [units, domains], what the soft minimum is taken of, if it is.
        logarithmic (`bool`): whether what is learned are logarithms of losses.
        kernels (`Mapping[str, Sequence[float]]`): as of [`Process`].
    """

    kind: str
    scored: Scored
    seen: np.ndarray
    process: "GaussianProcessRegressor"
    components: np.ndarray | None
    logarithmic: bool
    kernels: Kernels = field(default_factory=dict)

    @property
    def is_defined(self) -> np.ndarray:
        """[domains], whether the proxy has losses on the domain: on all."""
        return np.full(len(next(iter(self.scored.known.values()))), True)

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The proxy's losses.

        Args:
            weights (`np.ndarray`): [mixtures, units], rows sum to 1.

        Returns:
            `np.ndarray`: [mixtures, domains]; NaN for mixtures with a unit that nothing is known of.
        """
        losses = self.scored.losses(weights)
        rows = np.flatnonzero(np.isnan(losses).any(axis=1))
        if len(rows):
            losses[rows] = np.where(np.isnan(losses[rows]), self._predicted(weights[rows]), losses[rows])
        return losses

    def sd(self, weights: np.ndarray) -> np.ndarray:
        """The standard deviation of the error of [`Surrogate.losses`].

        Args:
            weights (`np.ndarray`): [mixtures, units], rows sum to 1.

        Returns:
            `np.ndarray`: [mixtures, domains]; 0 where the proxy was scored.
        """
        missing = np.isnan(self.scored.losses(weights))
        deviation = np.zeros(missing.shape)
        rows = np.flatnonzero(missing.any(axis=1))
        if len(rows):
            predicted = self._in_portions(
                weights[rows], lambda inputs: self.process.predict(inputs, return_std=True)[1]
            )
            if self.logarithmic:
                predicted *= self._predicted(weights[rows])
            deviation[rows] = np.where(missing[rows], predicted, 0.0)
        return deviation

    def is_scored(self, weights: np.ndarray) -> np.ndarray:
        """As [`Scored.is_scored`].

        Returns:
            `np.ndarray`: [mixtures], bool.
        """
        return self.scored.is_scored(weights)

    @property
    def learned(self) -> np.ndarray:
        """The mixtures that were learned from: [learned, units]."""
        return np.ascontiguousarray(self.process.X_train_[:, : len(self.seen)])

    def influence(self, weights: np.ndarray) -> np.ndarray:
        """How much what was learned of each mixture changes what is predicted of others.

        Args:
            weights (`np.ndarray`): [mixtures, units], rows sum to 1.

        Returns:
            `np.ndarray`: [mixtures, learned].
        """
        from scipy.linalg import cho_solve

        shared = self.process.kernel_(_inputs(self.kind, weights), self.process.X_train_)
        return cho_solve((self.process.L_, True), shared.T).T

    def _predicted(self, weights: np.ndarray) -> np.ndarray:
        found = self._in_portions(weights, self.process.predict)
        if self.components is not None:
            found += _smooth_minimum(weights, self.components)
        return np.exp(found) if self.logarithmic else found

    def _in_portions(self, weights: np.ndarray, predict) -> np.ndarray:
        found = np.empty((len(weights), len(next(iter(self.scored.known.values())))))
        for start in range(0, len(weights), _AT_ONCE):
            portion = slice(start, start + _AT_ONCE)
            # scikit-learn gives no second dimension where there is one domain.
            found[portion] = predict(_inputs(self.kind, weights[portion])).reshape(-1, found.shape[1])
        found[weights[:, ~self.seen].any(axis=1)] = np.nan
        return found


def fit_surrogate(
    kind: str,
    scored: Observations,
    components: np.ndarray,
    logarithmic: bool = False,
    kernels: Kernels = MappingProxyType({}),
) -> Surrogate:
    """Learn a proxy's scores from the mixtures that it was scored for, and from the components.

    Args:
        kind (`str`): `merged` or `ensemble`.
        scored ([`Observations`]): the proxy's scores, of one mixture or more on every domain.
        components (`np.ndarray`): [units, domains], losses of the component models, which are the proxy's for mixtures
            of one unit; NaN for a unit without one, for example where components were trained on mixtures.
        logarithmic (`bool`): learn logarithms of losses, which is what perplexities are smooth in.
        kernels (`Mapping[str, Sequence[float]]`): known from earlier fits, see [`fit_process`].
    """
    weights, losses = _distinct(scored, components)
    known = Scored.of(weights, losses)
    fitted = np.flatnonzero(np.isfinite(losses).all(axis=1))
    fitted = fitted[evenly(len(fitted), _MOST_FITTED)]
    weights, losses = weights[fitted], losses[fitted]
    if logarithmic:
        losses, components = np.log(losses), np.log(components)
    softened = components if kind == ENSEMBLE.kind and np.isfinite(components).all() else None
    if softened is not None:
        losses = losses - _smooth_minimum(weights, softened)
    process = fit_process(_inputs(kind, weights), losses, kernels)
    return Surrogate(kind, known, weights.any(axis=0), process.regressor, softened, logarithmic, process.kernels)


def _smooth_minimum(weights: np.ndarray, components: np.ndarray) -> np.ndarray:
    """A soft minimum whose sharpness suits how far the components differ; a sharper one leaves kinks to be learned."""
    return soft_minimum(weights, components, smooth_sharpness(components))


def smooth_sharpness(components: np.ndarray) -> float:
    """The sharpness of the soft minimum that the surrogate of averaged probabilities starts from.

    Args:
        components (`np.ndarray`): [units, domains], losses, or their logarithms where these are learned.
    """
    return 1 / max(float(components.std(axis=0).mean()), 1e-9)


def _distinct(scored: Observations, components: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mixtures and losses, components among them, in an order that does not depend on the order they came in."""
    weights = np.vstack([scored.weights, np.eye(len(components))])
    losses = np.vstack([scored.losses, components])
    distinct, first = np.unique(rounded(weights), axis=0, return_index=True)
    return distinct, losses[first]


def _inputs(kind: str, weights: np.ndarray) -> np.ndarray:
    """What a process of the kind sees of mixtures."""
    return np.hstack([weights, np.sqrt(weights)]) if kind == ENSEMBLE.kind else weights
