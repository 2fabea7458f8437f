"""What every predictor gives: the expected losses of any mixtures, and how sure it is of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np


def two_sided(confidence: float) -> float:
    """How many standard deviations an interval of a normal distribution reaches to either side: 1.645 for 0.9."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def one_sided(confidence: float) -> float:
    """How many standard deviations above 0 an estimate must be to be above 0 with this confidence: 1.645 for 0.95."""
    return NormalDist().inv_cdf(confidence)


@dataclass(frozen=True)
class Prediction:
    """Losses of mixtures on every domain.

    Args:
        mean (`np.ndarray`): [mixtures, domains].
        sd (`np.ndarray`): [mixtures, domains], of what a model really trained on the mixture would show: 90 % of them
            lie within 1.645 of it.
    """

    mean: np.ndarray
    sd: np.ndarray


@dataclass(frozen=True)
class Joint:
    """Losses of mixtures on one target, with what their errors have in common.

    Two mixtures that are alike are mispredicted alike, so their difference is known better than either: whoever
    compares mixtures needs the covariance, not two standard deviations.

    Args:
        mean (`np.ndarray`): [mixtures].
        covariance (`np.ndarray`): [mixtures, mixtures], of the error of the mean, without the noise of training.
        noise (`float`): variance between trainings on one mixture with different seeds.
    """

    mean: np.ndarray
    covariance: np.ndarray
    noise: float

    @property
    def sd(self) -> np.ndarray:
        """Of what a model really trained on each mixture would show: [mixtures]."""
        return np.sqrt(np.diag(self.covariance) + self.noise)

    def difference(self, first: int, second: int) -> tuple[float, float]:
        """Expected loss of the first mixture less that of the second, and the standard deviation of its error."""
        variance = self.covariance[first, first] + self.covariance[second, second] - 2 * self.covariance[first, second]
        return float(self.mean[first] - self.mean[second]), float(np.sqrt(max(variance, 0.0)))


@dataclass(frozen=True)
class Spread:
    """How sure the losses of mixtures on several targets are, without what any two of them have in common.

    Args:
        sd (`np.ndarray`): [targets, mixtures], as [`Joint.sd`].
        apart (`np.ndarray`): [targets, mixtures], of the error of each loss less that of one mixture, as
            [`Joint.difference`].
    """

    sd: np.ndarray
    apart: np.ndarray

    @classmethod
    def of(cls, variance: np.ndarray, base: np.ndarray, between: np.ndarray, noise: np.ndarray) -> "Spread":
        """The spread of errors without the noise of training.

        Args:
            variance (`np.ndarray`): [targets, mixtures], of the losses' errors.
            base (`np.ndarray`): [targets], of those of the one mixture.
            between (`np.ndarray`): [targets, mixtures], the covariance with these.
            noise (`np.ndarray`): [targets], variance between trainings on one mixture with different seeds.
        """
        squared = variance + base[:, None] - 2 * between
        return cls(np.sqrt(variance + noise[:, None]), np.sqrt(np.maximum(squared, 0)))


class Predictor(Protocol):
    """Anything that gives scores for a mixture, fitted on a study's evidence."""

    def predict(self, weights: np.ndarray) -> Prediction:
        """The losses of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units], rows sum to 1.
        """

    def expected(self, weights: np.ndarray) -> np.ndarray:
        """The mean of [`Predictor.predict`] alone, in less time: for a search that asks for thousands.

        Args:
            weights (`np.ndarray`): [mixtures, units], rows sum to 1.

        Returns:
            `np.ndarray`: [mixtures, domains].
        """

    def joint(self, weights: np.ndarray, target: np.ndarray) -> Joint:
        """The losses of mixtures on a target, with the covariance of their errors.

        Args:
            weights (`np.ndarray`): [mixtures, units]; memory grows with the square of their number.
            target (`np.ndarray`): [domains], the weight of each domain in the target; they sum to 1.
        """

    def joints(self, weights: np.ndarray, targets: np.ndarray) -> Iterator[Joint]:
        """[`Predictor.joint`] of several targets, in less time than one after the other.

        Args:
            weights (`np.ndarray`): [mixtures, units].
            targets (`np.ndarray`): [targets, domains].
        """

    def spread(self, weights: np.ndarray, bases: np.ndarray, targets: np.ndarray) -> Spread:
        """What [`Predictor.joints`] says of losses and of their differences from those of one mixture for each target.

        Args:
            weights (`np.ndarray`): [mixtures, units]; memory grows with their number alone.
            bases (`np.ndarray`): [targets, units], the mixture that losses on each target are compared with.
            targets (`np.ndarray`): [targets, domains].
        """
