"""What differences between mixtures a number of reference models can tell apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from ..mixtures.mixture import Mixture
from ..prediction.fitted import FittedStudy
from ..prediction.predictor import Joint
from ..prediction.targets import DomainWeights
from .conditioning import condition
from .learning import learning_exponent
from .references import contenders, untrained
from .spread import spread_out


POWER, CONFIDENCE = 0.8, 0.95
_MOST_TIMES = 4  # as many references as there are: farther away, the predictor's assumptions decide alone


@dataclass(frozen=True)
class Power:
    """What mixtures must differ by to be told apart, by the number of reference models.

    Args:
        references (`tuple[int, ...]`): consecutive numbers of reference models.
        differences (`tuple[float, ...]`): for each, the smallest difference that is found in 80 of 100 cases at 95 %
            confidence, between two mixtures whose difference is as uncertain as that of half of all pairs.
        unit_of_measure (`str`): of the differences.
    """

    references: tuple[int, ...]
    differences: tuple[float, ...]
    unit_of_measure: str

    @property
    def text(self) -> str:
        """What can be told apart, and what twice as many references could, in a sentence.

        Example:

        ```python
        >>> Power((1, 2, 3), (0.0081, 0.0062, 0.0055), "nats").text.partition("; ")[2]
        '2 references would separate 0.0062.'

        ```
        """
        count, more = self.references[0], min(2 * self.references[0], self.references[-1])
        present = (
            f"With {count} reference{'s' * (count != 1)}, mixtures that differ by less than {self.differences[0]:.4f} "
            f"{self.unit_of_measure} cannot be told apart ({POWER * 100:.0f} % power)"
        )
        if more == count:
            return f"{present}."
        return f"{present}; {more} references would separate {self.differences[more - count]:.4f}."

    def records(self) -> list[dict[str, float]]:
        """A record per number of references: `references`, `difference`."""
        return [
            {"references": count, "difference": difference}
            for count, difference in zip(self.references, self.differences, strict=True)
        ]


def power_of(
    fitted: FittedStudy, candidates: Sequence[Mixture], target: DomainWeights, planned: Sequence[Mixture] = ()
) -> Power:
    """What a study can tell apart with the references that it has, and with more, spread over its candidates.

    A reference model lowers the uncertainty as conditioning the predictor's normal distribution on its noisy loss
    does, and beyond that as errors have fallen from half of the references to all, see [`learning_exponent`].

    Args:
        fitted ([`FittedStudy`]): what is known, and the predictor.
        candidates (`Sequence[Mixture]`): the mixtures to tell apart.
        target ([`DomainWeights`]): what they are judged on.
        planned (`Sequence[Mixture]`): references that are going to be trained.
    """
    evidence = fitted.evidence
    mixtures = contenders(fitted, candidates, target)
    weights = evidence.weights_of([*mixtures, *planned])
    joint = fitted.predictor.joint(weights, target.weights)
    open_rows = untrained(evidence.references.weights, weights)
    coming = [row for row in open_rows if row >= len(mixtures)]
    known = np.concatenate([evidence.references.weights, weights[coming]])
    there = len(set(evidence.references.ids))
    first = there + len(coming)
    left = [row for row in untrained(known, weights) if row < len(mixtures)]
    joint = condition(joint, coming, joint.mean[coming])
    differences = [_difference_found(joint, len(mixtures))]
    for row in islice(spread_out(known, weights, left), (_MOST_TIMES - 1) * first):
        joint = condition(joint, [row], joint.mean[[row]])
        differences.append(_difference_found(joint, len(mixtures)))
    counts = range(first, first + len(differences))
    exponent = learning_exponent(fitted, target)
    found = [least * (there / count) ** exponent for count, least in zip(counts, differences, strict=True)]
    return Power(tuple(counts), tuple(found), evidence.unit_of(target.weights))


def _difference_found(joint: Joint, mixtures: int) -> float:
    """The least difference between two of the first mixtures that is found with the given power and confidence."""
    from scipy.stats import norm

    covariance = joint.covariance[:mixtures, :mixtures]
    variances = np.diag(covariance)[:, None] + np.diag(covariance) - 2 * covariance
    pairs = np.sqrt(np.maximum(variances[np.triu_indices(mixtures, 1)], 0.0))
    return float((norm.ppf((1 + CONFIDENCE) / 2) + norm.ppf(POWER)) * np.median(pairs)) if len(pairs) else 0.0
