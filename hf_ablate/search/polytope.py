"""Linear programs over the mixtures that satisfy constraints: feasibility, repair, lowest points, certificates.

Everything but the divergence from a prior is linear, with a variable per unit for the distance from a prior and a
binary one for the number of units. The ball of a divergence is convex, so planes that touch it enclose it, and the
minimum of a linear function over the ball and these planes is bounded from below by a linear program (Kelley's
cutting planes, 1960).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from .constraints import Constraints, Prior, kl_divergence


_MOST_PLANES = 60
_MOST_ROUNDS = 20  # of the search for a local minimum
_WORTH_A_ROUND = 1e4  # times the precision: what another round of the search might gain
_LEAST_WEIGHT = 1e-12  # in logarithms
Function = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Polytope:
    """The mixtures that satisfy constraints, but for the divergence from a prior, as a linear system in `[w, …]`.

    Args:
        constraints ([`Constraints`]): of the mixtures.
    """

    constraints: Constraints

    @cached_property
    def system(self) -> dict[str, np.ndarray]:
        """The arguments `A_ub`, `b_ub`, `A_eq`, `b_eq`, `bounds` of `scipy.optimize.linprog`, and `integrality`."""
        given, units = self.constraints, len(self.constraints.units)
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

    @cached_property
    def center(self) -> np.ndarray | None:
        """The mixture, [units], nearest to the prior, otherwise to the uniform one; `None` if there is none.

        With limits on the divergence and the number of units, a set of units that is too far from the prior is cut off
        by a plane until one is near enough.
        """
        given, prior, system = self.constraints, self.constraints.prior, self.system
        wanted = np.full(len(given.units), 1 / len(given.units)) if prior is None else prior.weights
        for _ in range(_MOST_PLANES):
            nearest = self._nearest(wanted, system)
            if nearest is None or prior is None or prior.max_kl is None:
                return nearest
            linear = replace(given, prior=replace(prior, max_kl=None))
            chosen = linear if given.max_units is None else linear.among(np.flatnonzero(nearest))
            nearest = Polytope(chosen).minimise(partial(_divergence, prior=prior.weights), nearest)
            if kl_divergence(nearest, prior.weights) <= prior.max_kl:
                return nearest
            if given.max_units is None:
                return None
            system = _with_plane(system, prior, nearest)
        return None

    def nearest(self, weights: np.ndarray) -> np.ndarray | None:
        """The mixture whose weights differ least in sum from the given ones, whatever the divergence from a prior.

        Args:
            weights (`np.ndarray`): [units].

        Returns:
            `np.ndarray`: [units]; `None` if there is none.
        """
        return self._nearest(weights, self.system)

    def _nearest(self, weights: np.ndarray, system: dict[str, np.ndarray]) -> np.ndarray | None:
        units, columns = len(weights), system["A_eq"].shape[1]
        both = np.eye(units, columns)
        difference = np.block([[both, -np.eye(units)], [-both, -np.eye(units)]])
        found = _solve(
            np.concatenate([np.zeros(columns), np.ones(units)]),
            system
            | {
                "A_ub": np.concatenate([np.pad(system["A_ub"], ((0, 0), (0, units))), difference]),
                "b_ub": np.concatenate([system["b_ub"], weights, -weights]),
                "A_eq": np.pad(system["A_eq"], ((0, 0), (0, units))),
                "bounds": np.concatenate([system["bounds"], np.tile([0.0, 2.0], (units, 1))]),
                "integrality": np.pad(system["integrality"], (0, units)),
            },
        )
        if found is None or self.constraints.max_units is None:
            return None if found is None else found[:units]
        heaviest = np.argsort(-found[:units], kind="stable")[: self.constraints.max_units]
        return Polytope(self.constraints.among(heaviest)).nearest(weights)  # without the rounding of whole numbers

    def lowest(self, slope: np.ndarray) -> tuple[np.ndarray, float]:
        """The mixture with the lowest sum of weight times slope.

        Args:
            slope (`np.ndarray`): [units].

        Returns:
            `tuple[np.ndarray, float]`: a mixture that satisfies everything, [units], and a lower bound of the sum
            over all such mixtures, which is its own sum unless the divergence from a prior is limited.
        """
        system = self.system
        cost = np.pad(slope, (0, system["A_eq"].shape[1] - len(slope)))
        found = _solve(cost, system)[: len(slope)]
        bound = float(found @ slope)
        prior = self.constraints.prior
        if prior is None or prior.max_kl is None:
            return found, bound
        for _ in range(_MOST_PLANES):
            inside = self.pulled_in(found)
            if bound > inside @ slope - 1e-9 * np.ptp(slope):
                break
            system = _with_plane(system, prior, inside)
            found = _solve(cost, system)[: len(slope)]
            bound = float(found @ slope)
        return inside, bound

    def extreme(self, slope: np.ndarray) -> np.ndarray:
        """A mixture that satisfies everything and lies far in the direction in which a linear function falls.

        Args:
            slope (`np.ndarray`): [units], of the function.

        Returns:
            `np.ndarray`: [units].
        """
        cost = np.pad(slope, (0, self.system["A_eq"].shape[1] - len(slope)))
        return self.pulled_in(_solve(cost, self.system)[: len(slope)])

    def pulled_in(self, weights: np.ndarray) -> np.ndarray:
        """A mixture moved towards the center until its divergence from the prior is within the limit.

        Args:
            weights (`np.ndarray`): [units], which satisfy everything else.

        Returns:
            `np.ndarray`: [units].
        """
        prior = self.constraints.prior
        if prior is None or prior.max_kl is None or kl_divergence(weights, prior.weights) <= prior.max_kl:
            return weights
        near, far = 0.0, 1.0  # shares of the way from the center
        for _ in range(50):
            middle = (near + far) / 2
            point = self.center + middle * (weights - self.center)
            is_inside = kl_divergence(point, prior.weights) <= prior.max_kl
            near, far = (middle, far) if is_inside else (near, middle)
        return self.center + near * (weights - self.center)

    def minimise(self, function: Function, start: np.ndarray, precision: float = 1e-12) -> np.ndarray:
        """A local minimum of a smooth function: no allowed direction leads down from it.

        It is sequential quadratic programming (SLSQP), which stops early where active constraints depend on each
        other; from there a step towards the lowest point of the function's linearisation (Frank and Wolfe's) leads on.

        Args:
            function (`Callable`): of weights, [units], not negative and near the simplex: its value and gradient.
            start (`np.ndarray`): [units], a mixture that satisfies everything.
            precision (`float`): differences of the function that do not matter, or cannot be trusted.

        Returns:
            `np.ndarray`: [units], a mixture that satisfies everything and is no worse than the start.
        """
        value, slope = function(start)
        weights = start
        for _ in range(_MOST_ROUNDS):
            found = self.repaired(self._programmed(function, weights, precision))
            if function(found)[0] <= value:
                weights, (value, slope) = found, function(found)
            lowest, bound = self.lowest(slope)
            if slope @ weights - bound <= _WORTH_A_ROUND * precision:
                break
            steps = [weights + 0.25**number * (lowest - weights) for number in range(6)]
            best = min(steps, key=lambda step: function(step)[0])
            if function(best)[0] >= value:
                break
            weights, (value, slope) = best, function(best)
        return weights

    def _programmed(self, function: Function, start: np.ndarray, precision: float) -> np.ndarray:
        """Where SLSQP ends, [units]."""
        from scipy.optimize import minimize

        system, units, prior = self.system, len(start), self.constraints.prior
        columns = system["A_eq"].shape[1]
        limits = [{"type": "eq", "fun": lambda x: system["A_eq"] @ x - 1, "jac": lambda x: system["A_eq"]}]
        if len(system["b_ub"]):
            left = {"fun": lambda x: system["b_ub"] - system["A_ub"] @ x, "jac": lambda x: -system["A_ub"]}
            limits.append({"type": "ineq"} | left)
        if prior is not None and prior.max_kl is not None:
            left = {
                "fun": lambda x: prior.max_kl - _divergence(x[:units], prior.weights)[0],
                "jac": lambda x: -np.pad(_divergence(x[:units], prior.weights)[1], (0, columns - units)),
            }
            limits.append({"type": "ineq"} | left)

        def padded(x: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = function(np.maximum(x[:units], 0.0))
            return value, np.pad(gradient, (0, columns - units))

        others = [] if columns == units else np.abs(start - prior.weights)
        result = minimize(
            padded,
            np.concatenate([start, others]),
            jac=True,
            method="SLSQP",
            bounds=system["bounds"],
            constraints=limits,
            options={"maxiter": 200, "ftol": precision},
        )
        return result.x[:units]

    def repaired(self, weights: np.ndarray) -> np.ndarray:
        """The mixture, or where it misses a constraint by rounding, one near it that satisfies everything.

        Args:
            weights (`np.ndarray`): [units].

        Returns:
            `np.ndarray`: [units].
        """
        weights = np.maximum(weights, 0.0)
        weights = weights / weights.sum()
        if self.constraints.are_met(weights[None])[0]:
            return weights
        return self.pulled_in(self.nearest(weights))


def _divergence(weights: np.ndarray, prior: np.ndarray) -> tuple[float, np.ndarray]:
    """The divergence from a prior and its gradient, finite everywhere."""
    weights, prior = np.maximum(weights, _LEAST_WEIGHT), np.maximum(prior, _LEAST_WEIGHT)
    logs = np.log(weights / prior)
    return float(weights @ logs), logs + 1


def _with_plane(system: dict[str, np.ndarray], prior: Prior, point: np.ndarray) -> dict[str, np.ndarray]:
    """The system with the plane that touches the ball of a divergence where it is nearest to a point."""
    value, normal = _divergence(point, prior.weights)
    row = np.pad(normal, (0, system["A_eq"].shape[1] - len(normal)))
    limit = prior.max_kl - value + normal @ np.maximum(point, _LEAST_WEIGHT)
    return system | {
        "A_ub": np.concatenate([system["A_ub"], row[None]]),
        "b_ub": np.append(system["b_ub"], limit),
    }


def _solve(cost: np.ndarray, system: dict[str, np.ndarray]) -> np.ndarray | None:
    """The solution of a linear program, [columns]; `None` where there is none."""
    from scipy.optimize import linprog

    if (system["bounds"][:, 0] > system["bounds"][:, 1]).any():
        return None
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    options = tight if not system["integrality"].any() else {"mip_rel_gap": 0.0}
    result = linprog(cost, **system, method="highs", options=options)
    return None if result.x is None else np.maximum(result.x, 0.0)
