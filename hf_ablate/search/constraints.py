"""What a mixture has to satisfy, as linear bounds, a number of units and a ball around a prior mixture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


TOLERANCE = 1e-9  # by which a bound may be missed


@dataclass(frozen=True)
class Bound:
    """Bounds on the sum of the weights of some units.

    Args:
        name (`str`): the option that it comes from, as messages name it; bounds of one name stand and fall together.
        members (`np.ndarray`): [units], bool.
        low (`float`): least sum.
        high (`float`): largest sum.
    """

    name: str
    members: np.ndarray
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class Prior:
    """A mixture to stay near.

    Args:
        name (`str`): what people read.
        weights (`np.ndarray`): [units], they sum to 1.
        max_distance (`float`, *optional*): largest total variation, half the sum of the weights' differences: the
            share of the training tokens that is exchanged.
        max_kl (`float`, *optional*): largest Kullback-Leibler divergence of the mixture from the prior, in nats.
    """

    name: str
    weights: np.ndarray
    max_distance: float | None = None
    max_kl: float | None = None


@dataclass(frozen=True)
class Constraints:
    """All that a mixture of some units has to satisfy besides weights that sum to 1.

    Args:
        units (`tuple[str, ...]`): in the order of the weights.
        bounds (`tuple[Bound, ...]`): on sums of weights.
        max_units (`int`, *optional*): most units with a positive weight.
        prior ([`Prior`], *optional*): to stay near.

    Example:

    ```python
    >>> constraints = Constraints(("a", "b", "c"), (Bound("max of 'a'", np.array([True, False, False]), high=0.5),))
    >>> constraints.are_met(np.array([[0.5, 0.5, 0.0], [0.6, 0.4, 0.0]])).tolist()
    [True, False]

    ```
    """

    units: tuple[str, ...]
    bounds: tuple[Bound, ...] = ()
    max_units: int | None = None
    prior: Prior | None = None

    @property
    def high(self) -> np.ndarray:
        """The largest weight that each unit may have by the bounds on it alone: [units]."""
        high = np.ones(len(self.units))
        for bound in self.bounds:
            if bound.members.sum() == 1:
                high[bound.members] = np.minimum(high[bound.members], bound.high)
        return high

    def among(self, chosen: Sequence[int]) -> "Constraints":
        """The same for mixtures of some units only, however many of them; the other units have the weight 0."""
        others = ~np.isin(np.arange(len(self.units)), chosen)
        return replace(self, bounds=(*self.bounds, Bound("units", others, high=0.0)), max_units=None)

    def are_met(self, weights: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
        """Which mixtures satisfy everything.

        Args:
            weights (`np.ndarray`): [mixtures, units].
            tolerance (`float`): by which each bound may be missed.

        Returns:
            `np.ndarray`: [mixtures], bool.
        """
        met = (weights >= -tolerance).all(axis=1) & (np.abs(weights.sum(axis=1) - 1) <= tolerance)
        for bound in self.bounds:
            sums = weights[:, bound.members].sum(axis=1)
            met &= (sums >= bound.low - tolerance) & (sums <= bound.high + tolerance)
        if self.max_units is not None:
            met &= (weights > tolerance).sum(axis=1) <= self.max_units
        if self.prior is not None and self.prior.max_distance is not None:
            met &= total_variation(weights, self.prior.weights) <= self.prior.max_distance + tolerance
        if self.prior is not None and self.prior.max_kl is not None:
            met &= kl_divergence(weights, self.prior.weights) <= self.prior.max_kl + tolerance
        return met

    def active(self, weights: np.ndarray, tolerance: float = 1e-4) -> list[str]:
        """The constraints that keep a mixture, [units], where it is: those that it just satisfies, in words."""
        met = []
        for bound in self.bounds:
            total, names = float(weights[bound.members].sum()), np.array(self.units)[bound.members]
            what = names[0] if len(names) == 1 else f"the sum of {', '.join(names)}"
            if bound.high < 1 and total > bound.high - tolerance:
                met.append(f"{bound.name}: {what} at most {bound.high:.4g}")
            elif bound.low > 0 and total < bound.low + tolerance:
                met.append(f"{bound.name}: {what} at least {bound.low:.4g}")
        if self.max_units is not None and (weights > TOLERANCE).sum() == self.max_units < len(self.units):
            met.append(f"max_units: {self.max_units}")
        prior = self.prior
        if prior is not None and prior.max_distance is not None:
            if total_variation(weights, prior.weights) > prior.max_distance - tolerance:
                met.append(f"max_distance: {prior.max_distance:.4g} from {prior.name}")
        if prior is not None and prior.max_kl is not None:
            if kl_divergence(weights, prior.weights) > prior.max_kl - tolerance:
                met.append(f"max_kl: {prior.max_kl:.4g} from {prior.name}")
        return met


def total_variation(weights: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Half the sum of the differences of weights: the share of the training tokens in which mixtures differ.

    Args:
        weights (`np.ndarray`): [..., units].
        other (`np.ndarray`): [..., units].

    Returns:
        `np.ndarray`: [...], between 0 and 1.
    """
    return np.abs(weights - other).sum(axis=-1) / 2


def kl_divergence(weights: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """The Kullback-Leibler divergence of mixtures from a prior, in nats.

    Args:
        weights (`np.ndarray`): [..., units].
        prior (`np.ndarray`): [units].

    Returns:
        `np.ndarray`: [...], infinite where a mixture has a unit that the prior has not.
    """
    weights = np.maximum(weights, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(weights > TOLERANCE, weights * np.log(weights / prior), 0.0)
    return terms.sum(axis=-1)
