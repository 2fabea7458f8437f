"""The predictors that answer: one calibrated on reference models, and one for studies that have too few of them."""

from dataclasses import dataclass

import numpy as np

from .candidates import LAWS, OTHER_SCALE, Candidate, find_candidate
from .features import FeatureTable
from .noise import NoiseFloor
from .predictor import Joint, Prediction
from .stack import Stack, alike


_LENGTH = 0.5  # between square roots of weights, within which errors are alike


@dataclass(frozen=True)
class Calibrated:
    """A candidate whose intercept, slopes and intervals were fitted on reference models.

    Args:
        table ([`FeatureTable`]): where its features come from.
        candidate ([`Candidate`]): what it combines.
        stack ([`Stack`]): fitted.
        repeats ([`NoiseFloor`], *optional*): of mixtures trained more than once; without any, what the stack leaves
            unexplained counts as noise.
    """

    table: FeatureTable
    candidate: Candidate
    stack: Stack
    repeats: NoiseFloor | None = None

    def predict(self, weights: np.ndarray) -> Prediction:
        """As [`Predictor.predict`]."""
        return self.stack.predict(self.table.at(self.candidate.features, weights))

    def joint(self, weights: np.ndarray, target: np.ndarray) -> Joint:
        """As [`Predictor.joint`]."""
        joint = self.stack.joint(self.table.at(self.candidate.features, weights), target)
        if self.repeats is None:
            return joint
        noise = min(float(self.repeats.variance(target)), joint.noise)
        unexplained = (joint.noise - noise) * np.eye(len(weights))
        return Joint(joint.mean, joint.covariance + unexplained, noise)


@dataclass(frozen=True)
class Uncalibrated:
    """A candidate as it is, for a study with too few reference models to judge any.

    Args:
        table ([`FeatureTable`]): where its values come from.
        candidate ([`Candidate`]): of a single feature.
        offset (`np.ndarray`): [domains], the mean of what the references, if any, are above it.
        error (`np.ndarray`): [domains], how far it may be off: a law's error out of fold, or how far the study's
            other proxies are from it.
    """

    table: FeatureTable
    candidate: Candidate
    offset: np.ndarray
    error: np.ndarray

    def predict(self, weights: np.ndarray) -> Prediction:
        """As [`Predictor.predict`]."""
        mean = self.table.at(self.candidate.features, weights).values[:, :, 0] + self.offset
        return Prediction(mean, np.repeat(self.error[None], len(weights), axis=0))

    def joint(self, weights: np.ndarray, target: np.ndarray) -> Joint:
        """As [`Predictor.joint`]; errors are taken to be the same on all domains, and alike for mixtures that are."""
        roots = np.sqrt(weights)
        variance = float(target @ self.error) ** 2
        return Joint(self.predict(weights).mean @ target, variance * alike(roots, roots, _LENGTH), 0.0)


def uncalibrated(table: FeatureTable, name: str) -> Uncalibrated:
    """The predictor of a study with too few reference models.

    Args:
        table ([`FeatureTable`]): of the study.
        name (`str`): of a predictor of a single feature.
    """
    candidate = find_candidate(name)
    references = table.references
    offset = np.zeros(len(table.evidence.domains))
    if len(references):
        offset = (references.losses - table.at_references([name]).values[:, :, 0]).mean(axis=0)
    return Uncalibrated(table, candidate, offset, _error(table, name))


def _error(table: FeatureTable, name: str) -> np.ndarray:
    """[domains]; where there is nothing to compare with, how much the predictor itself varies over the mixtures."""
    if name == OTHER_SCALE:
        return table.other_scale.error
    if name == LAWS:
        return table.laws.error
    weights = table.evidence.known_mixtures()
    values = table.at([name], weights).values[:, :, 0]
    others = [table.at([other], weights).values[:, :, 0] for other in table.proxy_names if other != name]
    gaps = [(values - other) - (values - other).mean(axis=0) for other in others] or [values - values.mean(axis=0)]
    return np.sqrt(np.mean(np.square(gaps), axis=(0, 1)))
