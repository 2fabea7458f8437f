"""Effects: the loss after a change of a mixture less the loss before it."""

from dataclasses import dataclass

import numpy as np

from ..mixtures.mixture import Mixture
from ..prediction.fitted import FittedStudy
from ..prediction.targets import DomainWeights
from .changes import Change
from .estimates import Estimate, estimate, noise_floor


_AT_ONCE = 512  # mixtures in one covariance matrix


@dataclass(frozen=True)
class Effect:
    """What a change does to a target: positive where it makes the loss larger, so worse.

    Args:
        change ([`Change`]): of the mixture.
        target ([`DomainWeights`]): that is judged.
        estimate ([`Estimate`]): loss after the change less loss before it.
        noise_floor (`float`): on the target.
    """

    change: Change
    target: DomainWeights
    estimate: Estimate
    noise_floor: float


def effects_of(
    fitted: FittedStudy, base: Mixture, changes: list[Change], targets: list[DomainWeights], confidence: float
) -> list[Effect]:
    """The effects of changes on targets, in the order of the changes, then of the targets.

    A mixture and what it becomes are mispredicted alike, so intervals come from the covariance of their errors.

    Args:
        fitted ([`FittedStudy`]): whose predictor answers.
        base ([`Mixture`]): that is changed.
        changes (`list[Change]`): of it.
        targets (`list[DomainWeights]`): that each is judged on.
        confidence (`float`): of the intervals.
    """
    before = fitted.evidence.weights_of([base])
    effects = []
    for start in range(0, len(changes), _AT_ONCE):
        some = changes[start : start + _AT_ONCE]
        weights = np.vstack([before, fitted.evidence.weights_of([change.mixture for change in some])])
        joints = list(fitted.predictor.joints(weights, np.array([target.weights for target in targets])))
        for row, change in enumerate(some, start=1):
            for target, joint in zip(targets, joints, strict=True):
                floor = noise_floor(joint.noise, confidence)
                found = estimate(*joint.difference(row, 0), floor, confidence)
                effects.append(Effect(change, target, found, floor))
    return effects
