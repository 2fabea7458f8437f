"""What fewer reference models would have cost, and how good a mixture they would have chosen."""

from dataclasses import dataclass
from math import comb

import numpy as np

from ..errors import InputError
from ..prediction.fitted import FittedStudy, fit_evidence
from ..prediction.part_fits import part_fits
from ..prediction.stack import FEWEST_REFERENCES
from ..prediction.targets import DomainWeights


FEWEST_OF_CURVE = 2 * FEWEST_REFERENCES  # half of them have to be enough to fit on
_PARTS = (4, 2)


@dataclass(frozen=True)
class RegretPoint:
    """The choice among all mixtures that have a reference model, if only some of these had been trained.

    Args:
        references (`int`): that are trained.
        regret (`float`): what the choice loses against the best of them all, on average over the parts tried.
        low, high (`float`): the least and the most of it.
        without_predictor (`float`): what it would be on average to take the best of so many, drawn at random.
    """

    references: int
    regret: float
    low: float
    high: float
    without_predictor: float


def regret_curve(study: FittedStudy, target: DomainWeights) -> list[RegretPoint]:
    """The regret without any reference model, with a quarter, half and all of them; empty where they are too few.

    The predictor is chosen and fitted anew on every part. That takes as long as so many rankings.

    Args:
        study ([`FittedStudy`]): with all reference models.
        target ([`DomainWeights`]): that mixtures are chosen on.
    """
    references = study.table.references
    if len(references) < FEWEST_OF_CURVE:
        return []
    losses = references.losses @ target.weights

    def regret(fitted: FittedStudy) -> float:
        chosen = (fitted.predictor.expected(references.weights) @ target.weights).argmin()
        return float(losses[chosen] - losses.min())

    points = []
    none = study.evidence.with_references(np.array([], dtype=int))
    try:
        points.append(_point(losses, 0, [regret(fit_evidence(none, other_scale=study.table.other_scale))]))
    except InputError:  # runs that were imported have no proxies
        pass
    for parts in _PARTS:
        count = len(references) // parts
        if count >= FEWEST_REFERENCES:
            points.append(_point(losses, count, [regret(fitted) for _, fitted in part_fits(study, parts)]))
    return [*points, _point(losses, len(references), [0.0])]


def _point(losses: np.ndarray, count: int, regrets: list[float]) -> RegretPoint:
    return RegretPoint(
        count, float(np.mean(regrets)), min(regrets), max(regrets), _best_of_random(losses, max(count, 1))
    )


def _best_of_random(losses: np.ndarray, count: int) -> float:
    """The expected regret of the best of so many mixtures that are drawn at random without replacement.

    Example:

    ```python
    >>> _best_of_random(np.array([1.0, 2.0, 3.0]), 1), _best_of_random(np.array([1.0, 2.0, 3.0]), 3)
    (1.0, 0.0)

    ```
    """
    ranked = np.sort(losses)
    ways = np.array([comb(len(ranked) - 1 - place, count - 1) for place in range(len(ranked))], dtype=float)
    return float(ways @ (ranked - ranked[0]) / comb(len(ranked), count))
