"""Predictors whose losses and errors are formulas."""

from collections.abc import Callable, Iterator

import numpy as np

from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.fitted import FittedStudy
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.predictor import Joint, Prediction


class AnalyticPredictor:
    """Losses are `features(weights) @ coefficients`, the coefficients are normal and independent between domains.

    Args:
        features: from weights [mixtures, units] to [mixtures, features].
        coefficients (`np.ndarray`): [features, domains].
        covariance (`np.ndarray`): [features, features], of the coefficients' errors, the same for every domain.
        noise (`float`): variance between trainings on one mixture, independent on every domain.
    """

    def __init__(
        self,
        features: Callable[[np.ndarray], np.ndarray],
        coefficients: np.ndarray,
        covariance: np.ndarray,
        noise: float = 0.0,
    ) -> None:
        self.features, self.coefficients, self.covariance, self.noise = features, coefficients, covariance, noise

    def expected(self, weights: np.ndarray) -> np.ndarray:
        """[mixtures, domains]."""
        return self.predict(weights).mean

    def predict(self, weights: np.ndarray) -> Prediction:
        features = self.features(weights)
        variance = np.einsum("mf,fg,mg->m", features, self.covariance, features) + self.noise
        mean = features @ self.coefficients
        return Prediction(mean, np.broadcast_to(np.sqrt(variance)[:, None], mean.shape))

    def joint(self, weights: np.ndarray, target: np.ndarray) -> Joint:
        features, scale = self.features(weights), float(target @ target)
        return Joint(
            features @ self.coefficients @ target,
            scale * features @ self.covariance @ features.T,
            scale * self.noise,
        )

    def joints(self, weights: np.ndarray, targets: np.ndarray) -> Iterator[Joint]:
        return (self.joint(weights, target) for target in targets)


def linear(weights: np.ndarray) -> np.ndarray:
    """The weights themselves: a mixture's loss is the average of its units'."""
    return weights


def curved(weights: np.ndarray) -> np.ndarray:
    """Weights, their square roots, and the products of neighbours."""
    return np.hstack([weights, np.sqrt(weights), weights[:, :-1] * weights[:, 1:]])


def study_of(
    predictor: AnalyticPredictor, units: tuple[str, ...], references: Observations | None = None
) -> FittedStudy:
    """A study with a predictor; its domains are `in/d0`, `in/d1`, …."""
    domains = tuple(f"in/d{number}" for number in range(predictor.coefficients.shape[1]))
    nothing = Observations((), np.empty((0, len(units))), np.empty((0, len(domains))))
    components = np.full((len(units), len(domains)), np.nan)
    evidence = Evidence(units, domains, (None,) * len(domains), references or nothing, components)
    return FittedStudy(evidence, None, predictor, "analytic", None, None)


def linear_study(losses: list[list[float]], sd: float = 0.0, noise: float = 0.0) -> FittedStudy:
    """Units `a`, `b`, … whose losses on every domain are given, with independent errors."""
    coefficients = np.array(losses)
    predictor = AnalyticPredictor(linear, coefficients, sd**2 * np.eye(len(losses)), noise)
    return study_of(predictor, tuple("abcdefghijklmnop"[: len(losses)]))


def curved_study(units: int, domains: int = 2, seed: int = 0, noise: float = 0.0) -> FittedStudy:
    """A made-up study in which units overlap, with errors that similar mixtures share."""
    generator = np.random.default_rng(seed)
    features = 3 * units - 1
    root = generator.normal(0, 0.02, (features, features))
    coefficients = generator.normal(0.5, 0.3, (features, domains))
    predictor = AnalyticPredictor(curved, coefficients, root @ root.T, noise)
    return study_of(predictor, tuple(f"u{number:02}" for number in range(units)))
