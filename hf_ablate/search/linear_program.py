"""Constraints on mixtures as linear programs.

Everything but the divergence from a prior is linear, with a variable per unit for the distance from a prior and a
binary one for the number of units. The ball of a divergence is convex, so planes that touch it enclose it, and the
minimum of a linear function over the ball is bounded from below by its minimum within the planes (Kelley's cutting
planes, 1960).
"""

import numpy as np

from .constraints import Constraints, Prior


_LEAST_WEIGHT = 1e-12  # in logarithms


def linear_system(given: Constraints) -> dict[str, np.ndarray]:
    """The constraints, but for the divergence from a prior, as arguments of `scipy.optimize.linprog`.

    The variables are the weights, then for each unit how far its weight is from a prior's, where a distance is
    limited, and whether it has a weight at all, where the number of units is.

    Args:
        given ([`Constraints`]): of the mixtures.

    Returns:
        `dict[str, np.ndarray]`: `A_ub` [rows, variables], `b_ub`, `A_eq`, `b_eq`, `bounds`, `integrality`.
    """
    units = len(given.units)
    has_distance = given.prior is not None and given.prior.max_distance is not None
    columns = units * (1 + has_distance + (given.max_units is not None))
    low, high = np.zeros(columns), np.ones(columns)
    rows, limits = [], []

    def at_most(row: np.ndarray, limit: float) -> None:
        rows.append(np.pad(row, (0, columns - len(row))))
        limits.append(limit)

    for bound in given.bounds:
        if bound.members.all() and bound.low <= 1 <= bound.high:
            continue
        if bound.high == 0:
            high[:units][bound.members] = 0
        elif bound.members.sum() == 1:
            low[:units][bound.members] = np.maximum(low[:units][bound.members], bound.low)
            high[:units][bound.members] = np.minimum(high[:units][bound.members], bound.high)
        else:
            if bound.high < 1:
                at_most(bound.members.astype(float), bound.high)
            if bound.low > 0:
                at_most(-bound.members.astype(float), -bound.low)
    if given.prior is not None and given.prior.max_kl is not None:
        high[:units][given.prior.weights == 0] = 0
    if has_distance:
        for unit, weight in enumerate(given.prior.weights):
            change, moved = np.eye(units)[unit], np.eye(units)[unit]
            at_most(np.concatenate([change, -moved]), weight)
            at_most(np.concatenate([-change, -moved]), -weight)
        at_most(np.concatenate([np.zeros(units), np.ones(units)]), 2 * given.prior.max_distance)
    if given.max_units is not None:
        before = np.zeros(columns - 2 * units)
        for unit in range(units):
            at_most(np.concatenate([np.eye(units)[unit], before, -np.eye(units)[unit]]), 0.0)
        at_most(np.concatenate([np.zeros(units), before, np.ones(units)]), given.max_units)
    integrality = np.zeros(columns)
    integrality[columns - units :] = given.max_units is not None
    return {
        "A_ub": np.array(rows).reshape(-1, columns),
        "b_ub": np.array(limits),
        "A_eq": (np.arange(columns) < units)[None].astype(float),
        "b_eq": np.ones(1),
        "bounds": np.stack([low, high], axis=1),
        "integrality": integrality,
    }


def divergence(weights: np.ndarray, prior: np.ndarray) -> tuple[float, np.ndarray]:
    """The divergence from a prior and its gradient, finite everywhere.

    Args:
        weights (`np.ndarray`): [units].
        prior (`np.ndarray`): [units].

    Returns:
        `tuple[float, np.ndarray]`: in nats, and [units].
    """
    weights, prior = np.maximum(weights, _LEAST_WEIGHT), np.maximum(prior, _LEAST_WEIGHT)
    logs = np.log(weights / prior)
    return float(weights @ logs), logs + 1


def with_plane(system: dict[str, np.ndarray], prior: Prior, point: np.ndarray) -> dict[str, np.ndarray]:
    """The system with a plane that touches the ball of a divergence or encloses it.

    Args:
        system (`dict[str, np.ndarray]`): see [`linear_system`].
        prior ([`Prior`]): the center of the ball, with its size.
        point (`np.ndarray`): [units], on the ball, where the plane touches it, or outside, which the plane cuts off.

    Returns:
        `dict[str, np.ndarray]`: with a row more.
    """
    value, normal = divergence(point, prior.weights)
    row = np.pad(normal, (0, system["A_eq"].shape[1] - len(normal)))
    limit = prior.max_kl - value + normal @ np.maximum(point, _LEAST_WEIGHT)
    return system | {
        "A_ub": np.concatenate([system["A_ub"], row[None]]),
        "b_ub": np.append(system["b_ub"], limit),
    }


def solve(cost: np.ndarray, system: dict[str, np.ndarray]) -> np.ndarray | None:
    """The solution of a linear program.

    Args:
        cost (`np.ndarray`): [variables], of each.
        system (`dict[str, np.ndarray]`): see [`linear_system`].

    Returns:
        `np.ndarray`: [variables]; `None` where there is no solution.
    """
    from scipy.optimize import linprog

    if (system["bounds"][:, 0] > system["bounds"][:, 1]).any():
        return None
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    options = tight if not system["integrality"].any() else {"mip_rel_gap": 0.0}
    result = linprog(cost, **system, method="highs", options=options)
    return None if result.x is None else np.maximum(result.x, 0.0)
