"""The lowest mixture of at most some number of units."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .constraints import Constraints
from .polytope import Polytope


_MOST_SETS = 64  # of units that are all tried


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


def eliminated(
    constraints: Constraints, minimum: Callable[[Constraints], np.ndarray], values: Callable[[np.ndarray], np.ndarray]
) -> Constraints:
    """The constraints for the set of units that is left after dropping, one at a time, the unit that is missed least.

    A unit is missed as much as the loss rises when its weight goes to the others; the mixture is made as good as it
    can be after every drop. It is a greedy search: another set may be better.

    Args:
        constraints ([`Constraints`]): with a limit on the number of units.
        minimum (`Callable`): constraints without such a limit → the lowest mixture, [units].
        values (`Callable`): mixtures, [mixtures, units] → losses, [mixtures].

    Returns:
        [`Constraints`]: without a limit on the number of units.
    """
    left = list(range(len(constraints.units)))
    weights = minimum(constraints.among(left))
    while (weights > 0).sum() > constraints.max_units:
        support = np.flatnonzero(weights > 0).tolist()
        if len(support) < len(left) and _is_enough(constraints, support):
            left = support
        options = [[other for other in left if other != unit] for unit in left]
        options = [rest for rest in options if _is_enough(constraints, rest)]
        without = [Polytope(constraints.among(rest)).nearest(_only(weights, rest)) for rest in options]
        left = options[int(np.argmin(values(np.array(without))))]
        weights = minimum(constraints.among(left))
    return constraints.among(np.flatnonzero(weights > 0))


def _is_enough(constraints: Constraints, units: list[int]) -> bool:
    """Whether the constraints, that on the number of units included, can be met with these units."""
    return Polytope(replace(constraints.among(units), max_units=constraints.max_units)).center is not None


def _only(weights: np.ndarray, units: list[int]) -> np.ndarray:
    """The weights of some units, which get those of the others in proportion."""
    kept = np.where(np.isin(np.arange(len(weights)), units), weights, 0.0)
    return kept / max(kept.sum(), 1e-12)
