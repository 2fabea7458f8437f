"""The mixtures whose real training would improve the decision most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..mixtures.mixture import Mixture
from ..prediction.fitted import FittedStudy
from ..prediction.predictor import Joint
from ..prediction.targets import DomainWeights
from .conditioning import Futures, draw_losses, expected_regret
from .costs import Cost, ReferenceCosts
from .spread import spread_out


_MOST = 512  # mixtures compared with each other; others cannot be best by a margin of two standard deviations
_LEAST_GAIN = 1e-9  # less is rounding
# Every fourth model of a batch is far from all others. Where a predictor is wrong, it does not know; on a pool of 70
# reference models, batches of contenders alone once ended at a mixture that was 0.034 bits per byte above the best.
_EXPLORED = 4


@dataclass(frozen=True)
class ProposedReference:
    """A mixture to train a reference model on.

    Args:
        mixture ([`Mixture`]): what to train on.
        explores (`bool`): whether it is there to check the predictor far from what is known, not for its gain.
        loss (`float`): that the predictor expects.
        sd (`float`): of what its model will show.
        gain (`float`): by how much training this one alone lowers the expected regret.
        regret (`float`): what is to be expected once it and those proposed before it are trained.
        cost ([`Cost`], *optional*): of training; `None` where models are trained elsewhere.
    """

    mixture: Mixture
    explores: bool
    loss: float
    sd: float
    gain: float
    regret: float
    cost: Cost | None


@dataclass(frozen=True)
class ReferenceProposal:
    """Which reference models to train next, and what to expect of them.

    Args:
        target (`str`): what the decision is made on.
        unit_of_measure (`str`): of losses and regret.
        regret (`float`): the expected regret of choosing the best mixture now.
        noise (`float`): the standard deviation between trainings on one mixture; less regret is not worth a training.
        references (`tuple[ProposedReference, ...]`): in the order of their choice.
    """

    target: str
    unit_of_measure: str
    regret: float
    noise: float
    references: tuple[ProposedReference, ...]

    @property
    def regret_after(self) -> float:
        """What is to be expected once all of them are trained."""
        return self.references[-1].regret if self.references else self.regret


def propose_references(
    fitted: FittedStudy,
    candidates: Sequence[Mixture],
    target: DomainWeights,
    count: int,
    costs: ReferenceCosts | None = None,
) -> ReferenceProposal:
    """Choose the mixtures of a batch one after the other, each for what it adds to those before it, per FLOP.

    Fewer than `count` are proposed where no other mixture would improve the decision.

    Args:
        fitted ([`FittedStudy`]): what is known, and the predictor.
        candidates (`Sequence[Mixture]`): among which the decision is made.
        target ([`DomainWeights`]): what it is made on.
        count (`int`): of models to train.
        costs ([`ReferenceCosts`], *optional*): of training them; `None`: all cost the same.
    """
    mixtures = contenders(fitted, candidates, target)
    weights = fitted.evidence.weights_of(mixtures)
    joint = fitted.predictor.joint(weights, target.weights)
    of_each = [costs.of(mixture) if costs else None for mixture in mixtures]
    prices = np.array([cost.flops if cost else 1.0 for cost in of_each])
    regret = left = expected_regret(joint)
    proposed = []
    for chosen in choose_batch(joint, weights, fitted.evidence.references.weights, prices, count):
        row, left = chosen.row, max(left - chosen.gain, 0.0)
        proposed.append(
            ProposedReference(
                mixtures[row], chosen.explores, float(joint.mean[row]), float(joint.sd[row]), chosen.gain_alone, left,
                of_each[row],
            )
        )  # fmt: skip
    measure, noise = fitted.evidence.unit_of(target.weights), float(np.sqrt(joint.noise))
    return ReferenceProposal(target.name, measure, regret, noise, tuple(proposed))


@dataclass(frozen=True)
class Chosen:
    """A member of a batch.

    Args:
        row (`int`): the position of its mixture.
        explores (`bool`): whether it was chosen for its distance from all others.
        gain_alone (`float`): by how much training it alone would lower the expected regret.
        gain (`float`): by how much it does beside those chosen before it.
    """

    row: int
    explores: bool
    gain_alone: float
    gain: float


def choose_batch(joint: Joint, weights: np.ndarray, known: np.ndarray, prices: np.ndarray, count: int) -> list[Chosen]:
    """Greedily choose mixtures to train, by what each lowers the expected regret by, for its price.

    Args:
        joint ([`Joint`]): of all mixtures to decide between.
        weights (`np.ndarray`): [mixtures, units].
        known (`np.ndarray`): [models, units], the weights of the reference models that there are.
        prices (`np.ndarray`): [mixtures], of training each.
        count (`int`): the most to choose.
    """
    choices = np.union1d(draw_losses(joint).argmin(axis=1), joint.mean.argmin())  # all that can turn out best
    futures = Futures.before(joint, count)
    alone = gains = futures.gains(untrained(known, weights), choices)
    chosen: list[Chosen] = []
    while len(chosen) < count and max(gains.values(), default=0.0) >= _LEAST_GAIN:
        explores = len(chosen) % _EXPLORED == _EXPLORED - 1
        if explores:
            there = np.concatenate([known, weights[[each.row for each in chosen]]])
            row = next(spread_out(there, weights, list(gains)))
        else:
            row = max(gains, key=lambda row: gains[row] / prices[row])
        chosen.append(Chosen(row, explores, alone[row], gains[row]))
        if len(chosen) < count:
            futures = futures.after(row)
            gains = futures.gains([other for other in gains if other != row], choices)
    return chosen


def contenders(fitted: FittedStudy, candidates: Sequence[Mixture], target: DomainWeights) -> list[Mixture]:
    """The candidates that can turn out best, in the order of their ids.

    Args:
        fitted ([`FittedStudy`]): what is known, and the predictor.
        candidates (`Sequence[Mixture]`): any number of mixtures, in any order.
        target ([`DomainWeights`]): what they are judged on.
    """
    mixtures = sorted({mixture.id: mixture for mixture in candidates}.values(), key=lambda mixture: mixture.id)
    if len(mixtures) <= _MOST:
        return mixtures
    prediction = fitted.predictor.predict(fitted.evidence.weights_of(mixtures))
    lowest = (prediction.mean - 2 * prediction.sd) @ target.weights
    return [mixtures[row] for row in sorted(np.argsort(lowest, kind="stable")[:_MOST])]


def untrained(trained: np.ndarray, weights: np.ndarray) -> list[int]:
    """The rows that may get a reference model: mixtures of two units or more without one.

    Args:
        trained (`np.ndarray`): [models, units], the weights of the reference models.
        weights (`np.ndarray`): [mixtures, units].
    """
    differences = np.abs(weights[:, None] - trained[None]).max(axis=-1)
    is_trained = (differences < 1e-6).any(axis=1)
    return np.flatnonzero(~is_trained & ((weights > 0).sum(axis=1) > 1)).tolist()
