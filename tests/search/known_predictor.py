"""A predictor whose losses are a known function of the weights, with the errors of a linear model, and caps."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hf_ablate.prediction.candidates import Candidate, find_candidate
from hf_ablate.prediction.predictor import Joint, Prediction
from hf_ablate.search.constraints import Bound, Constraints


@dataclass(frozen=True)
class KnownPredictor:
    """Losses by a function of weights, [mixtures, units] → [mixtures, domains].

    Args:
        losses (`Callable`): the function.
        slope_sd (`float`): of the errors of a slope in each weight, independent, so that mixtures that are alike are
            mispredicted alike.
        noise (`float`): variance of the noise of training.
        candidate (`Candidate`): what it is called.
    """

    losses: Callable[[np.ndarray], np.ndarray]
    slope_sd: float = 0.1
    noise: float = 1e-4
    candidate: Candidate = find_candidate("power_law")

    def expected(self, weights: np.ndarray) -> np.ndarray:
        """[mixtures, domains]."""
        return self.predict(weights).mean

    def predict(self, weights: np.ndarray) -> Prediction:
        mean = self.losses(weights)
        variance = self.slope_sd**2 * (weights**2).sum(axis=1) + self.noise
        return Prediction(mean, np.repeat(np.sqrt(variance)[:, None], mean.shape[1], axis=1))

    def joint(self, weights: np.ndarray, target: np.ndarray) -> Joint:
        return Joint(self.losses(weights) @ target, self.slope_sd**2 * weights @ weights.T, self.noise)


def power_law(exponent: float, gains: np.ndarray) -> KnownPredictor:
    """Loss `2 - sum_u gain_u w_u^exponent`, a domain per row of gains; convex for exponents up to 1."""
    return KnownPredictor(lambda weights: 2 - np.maximum(weights, 0.0) ** exponent @ gains.T)


def capped(constraints: Constraints, **caps: float) -> Constraints:
    """The same with a largest weight of some units."""
    members = {unit: np.array([other == unit for other in constraints.units]) for unit in caps}
    bounds = [Bound(f"max of {unit!r}", members[unit], high=high) for unit, high in caps.items()]
    return replace(constraints, bounds=(*constraints.bounds, *bounds))
