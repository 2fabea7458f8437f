"""The lowest mixture of at most some number of units."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .constraints import Constraints
from .polytope import Polytope


_MOST_SETS = 64  # of units that are all tried
_SWAPS_TRIED = 3  # at a time, those whose mixtures look best as they are


def sets_of_units(constraints: Constraints) -> list[Constraints] | None:
    """The constraints for each largest set of units that may be mixed; `None` if there are too many to try them all.

    Args:
        constraints ([`Constraints`]): of the mixtures.
    """
    units, most = len(constraints.units), constraints.max_units
    if most is None or most >= units:
        return [replace(constraints, max_units=None)]
    if math.comb(units, most) > _MOST_SETS:
        return None
    sets = [constraints.among(chosen) for chosen in itertools.combinations(range(units), most)]
    return [chosen for chosen in sets if Polytope(chosen).center is not None]


def chosen_units(
    constraints: Constraints, minimum: Callable[[Constraints], np.ndarray], values: Callable[[np.ndarray], np.ndarray]
) -> Constraints:
    """The constraints for a good set of units, where there are too many sets to try.

    The unit that is missed least is dropped until few enough are left, then units are swapped for others while that
    helps; the mixture is made as good as it can be after every step. Another set may still be better.

    Args:
        constraints ([`Constraints`]): with a limit on the number of units.
        minimum (`Callable`): constraints without such a limit → the lowest mixture, [units].
        values (`Callable`): mixtures, [mixtures, units] → losses, [mixtures].

    Returns:
        [`Constraints`]: without a limit on the number of units.
    """
    weights = _eliminated(constraints, minimum, values)
    loss = values(weights[None])[0]
    for _ in range(len(constraints.units)):
        swaps = _swaps(constraints, weights)
        if not len(swaps):
            break
        promising = swaps[np.argsort(values(swaps), kind="stable")[:_SWAPS_TRIED]]
        options = np.array([minimum(constraints.among(np.flatnonzero(swap))) for swap in promising])
        losses = values(options)
        if not losses.min() < loss:
            break
        weights, loss = options[np.argmin(losses)], losses.min()
    return constraints.among(np.flatnonzero(weights))


def _eliminated(constraints: Constraints, minimum: Callable, values: Callable) -> np.ndarray:
    """The lowest mixture of the units that are left after dropping, one at a time, the one that is missed least."""
    left = list(range(len(constraints.units)))
    weights = minimum(constraints.among(left))
    while (weights > 0).sum() > constraints.max_units:
        support = np.flatnonzero(weights).tolist()
        if len(support) < len(left) and _is_enough(constraints, support):
            left = support
        options = [[other for other in left if other != unit] for unit in left]
        options = [rest for rest in options if _is_enough(constraints, rest)]
        without = [Polytope(constraints.among(rest)).nearest(_only(weights, rest)) for rest in options]
        left = options[int(np.argmin(values(np.array(without))))]
        weights = minimum(constraints.among(left))
    return weights


def _swaps(constraints: Constraints, weights: np.ndarray) -> np.ndarray:
    """The mixtures in which the weight of one unit goes to one that has none, as far as allowed: [swaps, units]."""
    swaps = []
    for unit, other in itertools.product(np.flatnonzero(weights), np.flatnonzero(weights == 0)):
        moved = weights.copy()
        moved[[unit, other]] = moved[[other, unit]]
        allowed = Polytope(constraints.among(np.flatnonzero(moved))).nearest(moved)
        if allowed is not None:
            swaps.append(allowed)
    return np.array(swaps)


def _is_enough(constraints: Constraints, units: list[int]) -> bool:
    """Whether the constraints, that on the number of units included, can be met with these units."""
    return Polytope(replace(constraints.among(units), max_units=constraints.max_units)).center is not None


def _only(weights: np.ndarray, units: list[int]) -> np.ndarray:
    """The weights of some units, which get those of the others in proportion."""
    kept = np.where(np.isin(np.arange(len(weights)), units), weights, 0.0)
    return kept / max(kept.sum(), 1e-12)
