"""The lowest mixture of any predictor: from many starts down to local minima, and how many of these agree."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .constraints import total_variation
from .objective import Objective
from .polytope import Polytope


SCREENED = 2000  # random mixtures that are predicted before the search starts from the best
_CORNERS = 24  # extreme mixtures that the random ones are averages of, besides that of each unit
_SAME = 0.02  # total variation within which two mixtures count as one
_AGREED = 0.01  # of the screened mixtures' spread; losses that differ by less agree
_PRECISION = 1e-8  # of that spread; slopes are differences, which are no more precise
_LEAST_WEIGHT = 1e-4  # below which a unit is left out, unless the loss says otherwise
_NO_DIFFERENCE = 1e-4  # of that spread
_EXCHANGES = (0.1, 0.03, 0.01, 0.003, 0.001)


@dataclass(frozen=True)
class Minimum:
    """The lowest mixture that a search found.

    Args:
        weights (`np.ndarray`): [units].
        value (`float`): its loss.
        starts (`int`): from how many mixtures the search started; 0 where it was solved exactly.
        agreed (`int`): how many of these ended at a loss within `tolerance` of the lowest.
        tolerance (`float`): in losses.
        others (`tuple[tuple[np.ndarray, float], ...]`): other local minima, best first, with their losses.
        gap (`float`, *optional*): no allowed mixture has a loss that is lower by more; `None` where that is not known.
        all_sets (`bool`): whether every set of as many units as are allowed was tried.
    """

    weights: np.ndarray
    value: float
    starts: int = 0
    agreed: int = 0
    tolerance: float = 0.0
    others: tuple[tuple[np.ndarray, float], ...] = ()
    gap: float | None = None
    all_sets: bool = True


def lowest(
    objective: Objective,
    polytope: Polytope,
    known: np.ndarray,
    starts: int,
    random_seed: int,
    screened: int = SCREENED,
) -> Minimum:
    """The lowest of the local minima that are reached from many starts, never worse than a known mixture.

    Random mixtures, extreme ones and the known ones are predicted first; the search starts from the best of them that
    differ, and from some at random.

    Args:
        objective ([`Objective`]): that is made small.
        polytope ([`Polytope`]): of a convex set of mixtures: no limit on the number of units.
        known (`np.ndarray`): [mixtures, units], that may satisfy the constraints.
        starts (`int`): how many.
        random_seed (`int`): of the random mixtures.
        screened (`int`): how many random mixtures are predicted first.
    """
    allowed = known[polytope.constraints.are_met(known)]
    mixtures = np.concatenate([_sample(polytope, screened, random_seed), allowed])
    values = objective.values(mixtures)
    spread = max(float(np.median(values) - values.min()), 1e-9)
    chosen = _starts(mixtures, values, starts)
    ends = [polytope.minimise(objective.with_slope, mixtures[row], _PRECISION * spread) for row in chosen]
    losses = objective.values(np.array(ends))
    distinct = _distinct(np.array(ends), losses)
    best = exchanged(objective, polytope, ends[distinct[0]])
    best = without_crumbs(objective.values, polytope, best, _NO_DIFFERENCE * spread)
    value = float(objective.values(best[None])[0])
    tolerance = _AGREED * spread
    others = tuple((ends[row], float(losses[row])) for row in distinct[1:4])
    return Minimum(best, value, len(chosen), int((losses <= value + tolerance).sum()), tolerance, others)


def exchanged(objective: Objective, polytope: Polytope, weights: np.ndarray) -> np.ndarray:
    """The mixture after every exchange of weight between two units that lowers the loss, in ever smaller steps.

    It refines what needs no slope: predictors that are flat between steps, such as trees.

    Args:
        objective ([`Objective`]): that is made small.
        polytope ([`Polytope`]): of the mixtures that are allowed.
        weights (`np.ndarray`): [units], where to start.

    Returns:
        `np.ndarray`: [units].
    """
    units = len(weights)
    pairs = (np.eye(units)[:, None] - np.eye(units)[None]).reshape(-1, units)
    value = objective.values(weights[None])[0]
    for step in _EXCHANGES:
        for _ in range(units):
            moves = weights + step * pairs
            moves = np.maximum(moves[polytope.constraints.are_met(moves)], 0.0)
            values = objective.values(moves) if len(moves) else np.array([np.inf])
            if not values.min() < value:
                break
            weights, value = moves[np.argmin(values)], values.min()
    return weights


def without_crumbs(
    values: Callable[[np.ndarray], np.ndarray], polytope: Polytope, weights: np.ndarray, tolerance: float
) -> np.ndarray:
    """The mixture without the units of hardly any weight, where that is allowed and makes no difference.

    Args:
        values (`Callable`): mixtures, [mixtures, units] → losses, [mixtures].
        polytope ([`Polytope`]): of the mixtures that are allowed.
        weights (`np.ndarray`): [units].
        tolerance (`float`): a larger rise of the loss is a difference.

    Returns:
        `np.ndarray`: [units].
    """
    kept = np.flatnonzero(weights >= _LEAST_WEIGHT)
    if len(kept) == (weights > 0).sum():
        return weights
    without = Polytope(polytope.constraints.among(kept)).nearest(weights)
    if without is None or not polytope.constraints.are_met(without[None])[0]:
        return weights
    before, after = values(np.stack([weights, without]))
    return without if after <= before + tolerance else weights


def _sample(polytope: Polytope, count: int, random_seed: int) -> np.ndarray:
    """The center, extreme mixtures, and random averages of these, [mixtures, units]: all allowed, for it is convex."""
    generator = np.random.default_rng(random_seed)
    units = len(polytope.constraints.units)
    slopes = np.concatenate([-np.eye(units), generator.normal(size=(_CORNERS, units))])
    corners = np.unique([polytope.center, *(polytope.extreme(slope) for slope in slopes)], axis=0)
    shares = [generator.dirichlet(np.full(len(corners), size), count // 2) for size in (0.1, 1.0)]
    return np.concatenate([corners, *(share @ corners for share in shares)])


def _starts(mixtures: np.ndarray, values: np.ndarray, count: int) -> list[int]:
    """The best mixture, half of the others the best that differ from those before, half as far from them as can be."""
    chosen: list[int] = []
    for row in np.argsort(values, kind="stable"):
        if len(chosen) == (count + 1) // 2:
            break
        if not chosen or total_variation(mixtures[row], mixtures[chosen]).min() > 5 * _SAME:
            chosen.append(int(row))
    distance = total_variation(mixtures[:, None], mixtures[None, chosen]).min(axis=1)
    while len(chosen) < count and distance.max() > _SAME:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, total_variation(mixtures, mixtures[chosen[-1]]))
    return chosen


def _distinct(mixtures: np.ndarray, values: np.ndarray) -> list[int]:
    """The rows of mixtures that differ, best first."""
    kept: list[int] = []
    for row in np.argsort(values, kind="stable"):
        if not kept or total_variation(mixtures[row], mixtures[kept]).min() > _SAME:
            kept.append(int(row))
    return kept
