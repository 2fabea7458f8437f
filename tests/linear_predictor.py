"""A predictor whose errors are known exactly: a normal linear model of square roots of weights."""

import numpy as np

from hf_ablate.prediction.candidates import find_candidate
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.fitted import FittedStudy
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.predictor import Joint, Prediction


class LinearPredictor:
    """Losses on every domain are an intercept and `sqrt(weights) @ slopes`, of which the posterior is exact.

    Args:
        references (`Observations`): what it is fitted on, with noise of variance `noise`.
        noise (`float`): variance between trainings on one mixture, the same and independent on all domains.
        prior (`float`): standard deviation of the slopes, which are expected to be 0.
    """

    candidate = find_candidate("power_law")  # for its label

    def __init__(self, references: Observations, noise: float = 1e-4, prior: float = 0.3) -> None:
        features, self.noise = _features(references.weights), noise
        precision = np.diag(np.repeat([1e-2, prior**-2], [1, features.shape[1] - 1]))
        self.covariance = np.linalg.inv(precision + features.T @ features / noise)
        self.coefficients = self.covariance @ features.T @ references.losses / noise

    def expected(self, weights: np.ndarray) -> np.ndarray:
        """[mixtures, domains]."""
        return self.predict(weights).mean

    def predict(self, weights: np.ndarray) -> Prediction:
        features = _features(weights)
        variance = np.einsum("ij,jk,ik->i", features, self.covariance, features) + self.noise
        mean = features @ self.coefficients
        return Prediction(mean, np.repeat(np.sqrt(variance)[:, None], mean.shape[1], axis=1))

    def joint(self, weights: np.ndarray, target: np.ndarray) -> Joint:
        features, scale = _features(weights), float(target @ target)
        covariance = features @ self.covariance @ features.T
        return Joint(features @ self.coefficients @ target, scale * covariance, scale * self.noise)


def _features(weights: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(weights)), np.sqrt(weights)])


def fitted_on(evidence: Evidence) -> FittedStudy:
    """The linear predictor of a study; nothing was chosen among."""
    predictor = LinearPredictor(evidence.references)
    return FittedStudy(evidence, table=None, predictor=predictor, name="number_of_units", choice=None, noise=None)


def linear_study(references: int = 3, units: int = 4, domains: int = 3, seed: int = 0) -> FittedStudy:
    """A study of made-up units with so many reference models, and its predictor."""
    generator = np.random.default_rng(seed)
    names = tuple(f"unit{number}" for number in range(units))
    truth = generator.normal(0, 0.3, size=(units, domains))
    weights = generator.dirichlet([0.7] * units, size=references)
    losses = np.sqrt(weights) @ truth + generator.normal(0, 0.01, size=(references, domains))
    observed = Observations(tuple(f"m-{number}" for number in range(references)), weights, losses)
    evidence = Evidence(
        units=names, domains=tuple(f"source/{number}" for number in range(domains)), own_units=(None,) * domains,
        references=observed, components=np.full((units, domains), np.nan),
    )  # fmt: skip
    return fitted_on(evidence)
