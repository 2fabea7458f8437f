"""The predictors that answer: one calibrated on reference models, and one for studies that have too few of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .candidates import LAWS, OTHER_SCALE, Candidate, find_candidate
from .features import FeatureTable
from .noise import NoiseFloor
from .own_errors import ERROR_SHARE, OwnErrors
from .predictor import Joint, Prediction, Spread
from .stack import Stack, alike


LENGTH = 0.5  # between square roots of weights, within which errors are alike


@dataclass(frozen=True)
class Calibrated:
    """A candidate whose intercept, slopes and intervals were fitted on reference models.

    Args:
        table ([`FeatureTable`]): where its features come from.
        candidate ([`Candidate`]): what it combines.
        stack ([`Stack`]): fitted.
        repeats ([`NoiseFloor`], *optional*): of mixtures trained more than once; without any, half of what the stack
            leaves unexplained counts as noise.
    """

    table: FeatureTable
    candidate: Candidate
    stack: Stack
    repeats: NoiseFloor | None = None

    def predict(self, weights: np.ndarray) -> Prediction:
        """As [`Predictor.predict`]."""
        fitted, roots = self.stack.predict(self.table.at(self.candidate.features, weights)), np.sqrt(weights)
        known = self.error_share - self.own_errors.variances(roots, self.error_share)
        variance = fitted.sd**2 - known[:, None] * self._unexplained
        mean = fitted.mean + self.own_errors.expected(roots, self.error_share)
        return Prediction(mean, np.sqrt(variance))

    def expected(self, weights: np.ndarray) -> np.ndarray:
        """As [`Predictor.expected`].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        features = self.table.at(self.candidate.features, weights, with_errors=False)
        return self.stack.expected_losses(features) + self.own_errors.expected(features.roots, self.error_share)

    def joint(self, weights: np.ndarray, target: np.ndarray) -> Joint:
        """As [`Predictor.joint`]."""
        return next(self.joints(weights, target[None]))

    def joints(self, weights: np.ndarray, targets: np.ndarray) -> Iterator[Joint]:
        """As [`Predictor.joints`]."""
        features, share = self.table.at(self.candidate.features, weights), self.error_share
        own = self.own_errors.expected(features.roots, share)
        covariance = self.own_errors.covariance(features.roots, share)
        for target in targets:
            fitted = self.stack.joint(features, target)
            yield Joint(
                fitted.mean + own @ target,
                fitted.covariance + fitted.noise * covariance,
                (1 - share) * fitted.noise,
            )

    def spread(self, weights: np.ndarray, bases: np.ndarray, targets: np.ndarray) -> Spread:
        """As [`Predictor.spread`].

        Args:
            weights (`np.ndarray`): [mixtures, units].
            bases (`np.ndarray`): [targets, units].
            targets (`np.ndarray`): [targets, domains].
        """
        features, others = (self.table.at(self.candidate.features, some) for some in (weights, bases))
        variance, base, between, noise = self.stack.compared(features, others, targets)
        share, errors = self.error_share, self.own_errors
        variance = variance + noise[:, None] * errors.variances(features.roots, share)
        base = base + noise * errors.variances(others.roots, share)
        between = between + noise[:, None] * errors.between(features.roots, others.roots, share).T
        return Spread.of(variance, base, between, (1 - share) * noise)

    def noise(self) -> NoiseFloor:
        """The noise floor: of repeats or, without any, of the share of what is unexplained that counts as noise."""
        if self.repeats is not None:
            return self.repeats
        spread = np.sqrt(self._unexplained)
        covariance = (1 - self.error_share) * self.stack.correlation * np.outer(spread, spread)
        return NoiseFloor(covariance, "residuals", len(self.table.references))

    @property
    def _unexplained(self) -> np.ndarray:
        """The variance that the stack leaves unexplained: [domains]."""
        return self.stack.noise * self.stack.inflation**2

    @property
    def error_share(self) -> float:
        """How much of the unexplained is not noise, on all text together; tasks, which are noisier, would drown it."""
        if self.repeats is None:
            return ERROR_SHARE
        texts = slice(self.table.evidence.number_of_texts)
        noise = np.trace(self.repeats.covariance[texts, texts])
        return max(1 - float(noise / self._unexplained[texts].sum()), 0.0)

    @cached_property
    def own_errors(self) -> OwnErrors:
        """What the stack gets wrong at the references."""
        references = self.table.references
        fitted = self.stack.predict(self.table.at(self.candidate.features, references.weights)).mean
        return OwnErrors(np.sqrt(references.weights), references.losses - fitted)


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
        features = self.table.at(self.candidate.features, weights)
        return Prediction(features.values[:, :, 0] + self.offset, np.hypot(self.error, features.errors[:, :, 0]))

    def expected(self, weights: np.ndarray) -> np.ndarray:
        """As [`Predictor.expected`].

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        return self.table.at(self.candidate.features, weights, with_errors=False).values[:, :, 0] + self.offset

    def joint(self, weights: np.ndarray, target: np.ndarray) -> Joint:
        """As [`Predictor.joint`]; errors are taken to be the same on all domains, and alike for mixtures that are."""
        return next(self.joints(weights, target[None]))

    def joints(self, weights: np.ndarray, targets: np.ndarray) -> Iterator[Joint]:
        """As [`Predictor.joints`]."""
        expected, roots = self.expected(weights), np.sqrt(weights)
        similarity = alike(roots, roots, LENGTH)
        for target in targets:
            yield Joint(expected @ target, float(target @ self.error) ** 2 * similarity, 0.0)

    def spread(self, weights: np.ndarray, bases: np.ndarray, targets: np.ndarray) -> Spread:
        """As [`Predictor.spread`].

        Args:
            weights (`np.ndarray`): [mixtures, units].
            bases (`np.ndarray`): [targets, units].
            targets (`np.ndarray`): [targets, domains].
        """
        variance = (targets @ self.error) ** 2
        similarity = alike(np.sqrt(bases), np.sqrt(weights), LENGTH)
        everywhere = np.repeat(variance[:, None], len(weights), axis=1)
        return Spread.of(everywhere, variance, variance[:, None] * similarity, np.zeros(len(targets)))


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
    known = table.evidence.known_mixtures
    weights = known if len(known) else np.eye(len(table.evidence.units))
    values = table.at([name], weights).values[:, :, 0]
    others = [table.at([other], weights).values[:, :, 0] for other in table.proxy_names if other != name]
    gaps = [(values - other) - (values - other).mean(axis=0) for other in others] or [values - values.mean(axis=0)]
    return np.sqrt(np.mean(np.square(gaps), axis=(0, 1)))
