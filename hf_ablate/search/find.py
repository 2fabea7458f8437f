"""The best mixture under any constraints: the convex search, for every set of units that may be mixed."""

import math
from dataclasses import replace

import numpy as np

from .constraints import Constraints
from .descent import SCREENED, Minimum, lowest
from .few_units import chosen_units, sets_of_units
from .objective import Objective
from .polytope import Polytope


_MOST_SEARCHED = 3  # sets of units, those that look best at a glance


def find_best(
    objective: Objective, constraints: Constraints, known: np.ndarray, starts: int, random_seed: int
) -> Minimum:
    """The lowest mixture that satisfies the constraints, never worse than a known one that does.

    With a limit on the number of units, all sets of units are glanced at and the best are searched; where there are
    too many, the one that is found by dropping and swapping units is.

    Args:
        objective ([`Objective`]): that is made small.
        constraints ([`Constraints`]): that a mixture meets.
        known (`np.ndarray`): [mixtures, units], that may satisfy them.
        starts (`int`): from how many mixtures a search starts.
        random_seed (`int`): of the random mixtures.
    """
    known = known[constraints.are_met(known)]

    def search(allowed: Constraints, starts: int, screened: int) -> Minimum:
        return lowest(objective, Polytope(allowed), known, starts, random_seed, screened)

    def glance(allowed: Constraints) -> Minimum:
        return search(allowed, 1, SCREENED // 10)

    sets = sets_of_units(constraints)
    all_sets = sets is not None
    if not all_sets:
        sets = [chosen_units(constraints, lambda allowed: glance(allowed).weights, objective.values)]
        sets += [constraints.among(np.flatnonzero(known[np.argmin(objective.values(known))]))] if len(known) else []
    if len(sets) > _MOST_SEARCHED:
        sets = sorted(sets, key=lambda allowed: glance(allowed).value)[:_MOST_SEARCHED]
    minima = [search(allowed, math.ceil(starts / len(sets)), SCREENED) for allowed in sets]
    return replace(min(minima, key=lambda minimum: minimum.value), all_sets=all_sets)
