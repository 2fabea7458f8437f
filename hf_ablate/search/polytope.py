"""The mixtures that satisfy constraints: one of them, those nearest to others, and the lowest of a function."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from .constraints import Constraints, kl_divergence
from .linear_program import divergence, linear_system, solve, with_plane


_MOST_PLANES = 60
_MOST_ROUNDS = 20  # of the search for a local minimum
_WORTH_A_ROUND = 1e4  # times the precision: what another round of the search might gain
Function = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Polytope:
    """The mixtures that satisfy constraints.

    Args:
        constraints ([`Constraints`]): of the mixtures.
    """

    constraints: Constraints

    @cached_property
    def system(self) -> dict[str, np.ndarray]:
        """All but the divergence from a prior, see [`linear_system`]."""
        return linear_system(self.constraints)

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
            nearest = Polytope(chosen).minimise(partial(divergence, prior=prior.weights), nearest)
            if kl_divergence(nearest, prior.weights) <= prior.max_kl:
                return nearest
            if given.max_units is None:
                return None
            system = with_plane(system, prior, nearest)
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
        found = solve(
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
        found = solve(cost, system)[: len(slope)]
        bound = float(found @ slope)
        prior = self.constraints.prior
        if prior is None or prior.max_kl is None:
            return found, bound
        for _ in range(_MOST_PLANES):
            inside = self.pulled_in(found)
            if bound > inside @ slope - 1e-9 * np.ptp(slope):
                break
            system = with_plane(system, prior, inside)
            found = solve(cost, system)[: len(slope)]
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
        return self.pulled_in(solve(cost, self.system)[: len(slope)])

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
                "fun": lambda x: prior.max_kl - divergence(x[:units], prior.weights)[0],
                "jac": lambda x: -np.pad(divergence(x[:units], prior.weights)[1], (0, columns - units)),
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
