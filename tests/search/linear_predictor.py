"""A predictor whose errors are known exactly: a normal linear model of square roots of weights."""

import numpy as np

from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.fitted import FittedStudy
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.predictor import Joint, Prediction


class LinearPredictor:
    """Losses on every domain are `sqrt(weights) @ coefficients`, of which the posterior is exact.

    Args:
        references (`Observations`): what it is fitted on, with noise of variance `noise`.
        noise (`float`): variance between trainings on one mixture, the same and independent on all domains.
        prior (`float`): standard deviation of the coefficients, which are expected to be -1.
    """

    def __init__(self, references: Observations, noise: float = 1e-4, prior: float = 0.3) -> None:
        features = np.sqrt(references.weights)
        self.noise = noise
        precision = np.eye(features.shape[1]) / prior**2 + features.T @ features / noise
        self.covariance = np.linalg.inv(precision)
        expected = features.T @ (references.losses + features.sum(axis=1, keepdims=True)) / noise
        self.coefficients = self.covariance @ expected - 1

    def predict(self, weights: np.ndarray) -> Prediction:
        features = np.sqrt(weights)
        variance = np.einsum("ij,jk,ik->i", features, self.covariance, features) + self.noise
        mean = features @ self.coefficients
        return Prediction(mean, np.repeat(np.sqrt(variance)[:, None], mean.shape[1], axis=1))

    def joint(self, weights: np.ndarray, target: np.ndarray) -> Joint:
        features, scale = np.sqrt(weights), float(target @ target)
        covariance = features @ self.covariance @ features.T
        return Joint(features @ self.coefficients @ target, scale * covariance, scale * self.noise)


def fitted_on(evidence: Evidence) -> FittedStudy:
    """The linear predictor of a study; nothing was chosen among."""
    predictor = LinearPredictor(evidence.references)
    return FittedStudy(evidence, table=None, predictor=predictor, name="linear", choice=None, noise=None)


def linear_study(references: int = 3, units: int = 4, domains: int = 3, seed: int = 0) -> FittedStudy:
    """A study of made-up units with so many reference models, and its predictor."""
    generator = np.random.default_rng(seed)
    names = tuple(f"unit{number}" for number in range(units))
    truth = generator.normal(-1, 0.3, size=(units, domains))
    weights = generator.dirichlet([0.7] * units, size=references)
    losses = np.sqrt(weights) @ truth + generator.normal(0, 0.01, size=(references, domains))
    observed = Observations(tuple(f"m-{number}" for number in range(references)), weights, losses)
    evidence = Evidence(
        units=names, domains=tuple(f"source/{number}" for number in range(domains)), own_units=(None,) * domains,
        references=observed, components=np.full((units, domains), np.nan),
    )  # fmt: skip
    return fitted_on(evidence)
