"""Whether any mixture meets the constraints, and if not, which of them contradict each other."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ..errors import InputError
from .constraints import Constraints
from .polytope import Polytope


_OF_PRIOR = ("max_distance", "max_kl")


def check_feasible(constraints: Constraints) -> None:
    """Raise `InputError` if no mixture meets the constraints; it names a smallest set that contradict each other."""
    if Polytope(constraints).center is not None:
        return
    names = list(dict.fromkeys(bound.name for bound in constraints.bounds))
    names += ["max_units"] if constraints.max_units is not None else []
    names += [name for name in _OF_PRIOR if constraints.prior and getattr(constraints.prior, name) is not None]
    for name in list(names):  # what is not needed for the contradiction is left out
        others = [other for other in names if other != name]
        if Polytope(_only(constraints, others)).center is None:
            names = others
    conflicting = _only(constraints, names)
    what = f"no mixture meets {'these constraints' if len(names) > 1 else 'this constraint'}"
    raise InputError(f"{what}: {'; '.join(_said(conflicting, name) for name in names)}{_sum_said(conflicting)}")


def _only(constraints: Constraints, names: Iterable[str]) -> Constraints:
    """Those of the constraints with these names."""
    prior = constraints.prior
    if prior is not None:
        prior = replace(prior, **{name: getattr(prior, name) if name in names else None for name in _OF_PRIOR})
    return Constraints(
        constraints.units,
        tuple(bound for bound in constraints.bounds if bound.name in names),
        constraints.max_units if "max_units" in names else None,
        prior,
    )


def _said(constraints: Constraints, name: str) -> str:
    """A constraint as the user gave it."""
    if name == "max_units":
        return f"max_units is {constraints.max_units}"
    if name in _OF_PRIOR:
        return f"{name} from {constraints.prior.name} is {getattr(constraints.prior, name):g}"
    bounds = [bound for bound in constraints.bounds if bound.name == name]
    if len(bounds) == 1:
        return f"{name} is {bounds[0].low if bounds[0].low > 0 else bounds[0].high:g}"
    return f"{name} allows at most {sum(bound.high for bound in bounds):.4g} in all"


def _sum_said(constraints: Constraints) -> str:
    """The sum that shows the contradiction, where one does."""
    members = np.sum([bound.members for bound in constraints.bounds], axis=0)
    is_alone = constraints.max_units is None and constraints.prior is None
    if not constraints.bounds or np.any(members > 1) or not is_alone:
        return ""
    low, high = (sum(getattr(bound, end) for bound in constraints.bounds) for end in ("low", "high"))
    if low > 1:
        return f"; the least weights add up to {low:.4g}, more than 1"
    if np.all(members) and high < 1:
        return f"; the largest weights add up to {high:.4g}, less than 1"
    return ""
