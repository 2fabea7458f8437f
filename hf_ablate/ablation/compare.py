"""Which of two mixtures is better, by how much, how sure that is, and what would settle it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Literal

import numpy as np

from ..mixtures.mixture import Mixture
from ..prediction.fitted import FittedStudy
from ..prediction.observations import Observations
from ..prediction.predictor import Joint, two_sided
from ..prediction.scores import UNITS_OF_MEASURE
from ..prediction.targets import DomainWeights
from .estimates import Estimate, estimate, noise_floor
from .paired_documents import PairedDocuments, documents_of_pair


_MOST_MORE = 1000  # trainings of each mixture that are considered


@dataclass(frozen=True)
class Comparison:
    """The loss of a first mixture less that of a second, from one kind of evidence.

    Args:
        basis (`str`): `predicted`, or `references`: measured on reference models of both.
        estimate ([`Estimate`]): of the difference; negative where the first is better.
        noise_floor (`float`): on the target.
        probability (`float`): that the first is better.
        documents (`int`, *optional*): that both were scored on one by one; the interval allows for their choice.
        more_references (`int`, *optional*): of each mixture, besides those there are, with which the interval would
            not hold 0 if the difference stays what it is; `None` where 1,000 would not do.
    """

    basis: Literal["predicted", "references"]
    estimate: Estimate
    noise_floor: float
    probability: float
    documents: int | None
    more_references: int | None


def compare(
    fitted: FittedStudy, run_dir: Path, mixtures: tuple[Mixture, Mixture], target: DomainWeights, confidence: float
) -> list[Comparison]:
    """Compare two mixtures: measured where both have reference models, and predicted.

    Args:
        fitted ([`FittedStudy`]): whose predictor answers.
        run_dir (`Path`): of the study, which may hold scores of single documents.
        mixtures (`tuple[Mixture, Mixture]`): the first and the second.
        target ([`DomainWeights`]): that is judged.
        confidence (`float`): of the intervals.
    """
    weights = fitted.evidence.weights_of(list(mixtures))
    joint = fitted.predictor.joint(weights, target.weights)
    losses = [_losses_of(fitted.evidence.references, row, target.weights) for row in weights]
    predicted = _predicted(joint, confidence)
    if not all(map(len, losses)):
        return [predicted]
    evidence = fitted.evidence
    in_bits = evidence.unit_of_measure == UNITS_OF_MEASURE["bits_per_byte"]
    of_text, texts = not target.weights[evidence.is_task].any(), slice(evidence.number_of_texts)
    paired = (
        in_bits and of_text and documents_of_pair(run_dir, mixtures, evidence.domains[texts], target.weights[texts])
    )
    return [_measured(losses, joint.noise, paired or None, confidence), predicted]


def _predicted(joint: Joint, confidence: float) -> Comparison:
    difference, sd = joint.difference(0, 1)
    contrast = np.array([1.0, -1.0])

    def sd_after(more: int) -> float:
        """After so many trainings of each, which show the expected losses and noise: Gaussian conditioning."""
        seen = joint.covariance + joint.noise / more * np.eye(2)
        left = joint.covariance - joint.covariance @ np.linalg.pinv(seen) @ joint.covariance
        return math.sqrt(max(contrast @ left @ contrast, 0))

    judged = estimate(difference, sd, noise_floor(joint.noise, confidence), confidence)
    return _comparison("predicted", judged, joint.noise, sd_after, confidence)


def _measured(
    losses: list[np.ndarray], noise: float, documents: PairedDocuments | None, confidence: float
) -> Comparison:
    of_documents = documents.variance if documents else 0.0

    def sd_after(more: int) -> float:
        return math.sqrt(of_documents + noise * sum(1 / (len(own) + more) for own in losses))

    difference = float(losses[0].mean() - losses[1].mean())
    judged = estimate(difference, sd_after(0), noise_floor(noise, confidence), confidence)
    found = _comparison("references", judged, noise, sd_after, confidence)
    return replace(found, documents=documents and documents.count)


def _comparison(
    basis: Literal["predicted", "references"],
    judged: Estimate,
    noise: float,
    sd_after: Callable[[int], float],
    confidence: float,
) -> Comparison:
    probability = NormalDist().cdf(-judged.value / judged.sd) if judged.sd else (1 - np.sign(judged.value)) / 2
    more = 0 if judged.low > 0 or judged.high < 0 else _more_references(abs(judged.value), sd_after, confidence)
    return Comparison(basis, judged, noise_floor(noise, confidence), float(probability), None, more)


def _more_references(difference: float, sd_after: Callable[[int], float], confidence: float) -> int | None:
    """The fewest trainings of each mixture after which the interval of the difference would not hold 0."""
    counts = range(1, _MOST_MORE + 1)
    return next((count for count in counts if two_sided(confidence) * sd_after(count) < difference), None)


def _losses_of(references: Observations, weights: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The losses on a target of the reference models of a mixture: one for each time that it was trained."""
    same = np.isclose(references.weights, weights, atol=1e-9).all(axis=1)
    judged = target > 0
    losses = references.losses[same][:, judged] @ target[judged]
    return losses[np.isfinite(losses)]
