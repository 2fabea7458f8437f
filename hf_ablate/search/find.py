"""The best mixture under any constraints: the convex search, for every set of units that may be mixed."""

import numpy as np

from .constraints import Constraints
from .descent import Minimum, lowest
from .few_units import eliminated, sets_of_units
from .objective import Objective
from .polytope import Polytope


_LEAST_STARTS = 4  # for each set of units


def find_best(
    objective: Objective, constraints: Constraints, known: np.ndarray, starts: int, random_seed: int
) -> Minimum:
    """The lowest mixture that satisfies the constraints, never worse than a known one that does.

    With a limit on the number of units every set of units is searched, or where these are too many, the one that is
    left after dropping unit after unit.

    Args:
        objective ([`Objective`]): that is made small.
        constraints ([`Constraints`]): that a mixture meets.
        known (`np.ndarray`): [mixtures, units], that may satisfy them.
        starts (`int`): from how many mixtures a search starts.
        random_seed (`int`): of the random mixtures.
    """
    known = known[constraints.are_met(known)]
    sets = sets_of_units(constraints)
    few = min(_LEAST_STARTS, starts)

    def minimum(allowed: Constraints) -> np.ndarray:
        return lowest(objective, Polytope(allowed), known, few, random_seed).weights

    if sets is None:
        sets = [eliminated(constraints, minimum, objective.values)]
        sets += [constraints.among(np.flatnonzero(known[np.argmin(objective.values(known))]))] if len(known) else []
    each = max(starts // len(sets), few)
    minima = [lowest(objective, Polytope(allowed), known, each, random_seed) for allowed in sets]
    return min(minima, key=lambda minimum: minimum.value)
