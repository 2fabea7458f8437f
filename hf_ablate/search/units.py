"""`hf-ablate propose --for unit`: of which unit more tokens would help, and how much."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..mixtures.mixture import mixture_keys
from ..prediction.predictor import two_sided
from .constraints import Bound, Constraints
from .judge import Judge


MORE = 0.1  # of a unit's largest weight: what it is loosened by
_SHIFT = 0.01  # of the tokens: what the slope in a unit's weight is told for
_STARTS = 4  # of a search from near the best mixture


def check_limits(constraints: Constraints) -> None:
    """Raise `InputError` if no unit has a limit that could be loosened."""
    if not (constraints.high < 1).any():
        raise InputError(
            "no unit is limited, so the best mixture may have any amount of each; say how many tokens there "
            "are: --max_epochs and --total_tokens, or --max with the largest weights of units"
        )


def propose_units(judge: Judge, constraints: Constraints) -> dict[str, Any]:
    """What every unit's limit costs at the best mixture: values and a table of flat records, the most valuable first.

    Args:
        judge ([`Judge`]): the study, the target and the search.
        constraints ([`Constraints`]): with the limits of units, from `--max` or `--max_epochs`.
    """
    best = judge.best(constraints)
    records = [_record(judge, constraints, best.weights, unit) for unit in range(len(constraints.units))]
    mixture = judge.study.evidence.mixture_of(best.weights)
    return {
        **judge.asked,
        "proposed": [
            {
                **mixture_keys("", mixture.weights),
                "number_of_units": len(mixture.units),
                "score": float(judge.study.predictor.joint(best.weights[None], judge.target.weights).mean[0]),
            }
        ],
        "limits": sorted(records, key=lambda record: (-record["gain"], record["slope"])),
    }


def _record(judge: Judge, constraints: Constraints, weights: np.ndarray, unit: int) -> dict[str, Any]:
    """What a tenth more of a unit would gain, and what its weight does to the loss where it is."""
    name, limit = constraints.units[unit], float(constraints.high[unit])
    is_limited = weights[unit] > limit - 1e-6 and limit < 1
    loosened = judge.best(with_more(constraints, unit), _STARTS, weights).weights if is_limited else weights
    shifted = weights + _SHIFT * (np.eye(len(weights))[unit] - weights)
    joint = judge.study.predictor.joint(np.stack([weights, loosened, shifted]), judge.target.weights)
    gain, gain_sd = joint.difference(0, 1)
    slope, slope_sd = joint.difference(2, 0)
    quantile = two_sided(judge.search.confidence)
    return {
        "unit": name,
        "weight": float(weights[unit]),
        "limit": limit,
        "limited": bool(is_limited),
        "gain": gain,
        "gain_sd": gain_sd,
        "low": gain - quantile * gain_sd,
        "high": gain + quantile * gain_sd,
        "slope": slope,
        "slope_sd": slope_sd,
    }


def with_more(constraints: Constraints, unit: int) -> Constraints:
    """The constraints with the largest weight of a unit a tenth larger, as if there were so many more tokens of it.

    Args:
        constraints ([`Constraints`]): of mixtures.
        unit (`int`): its position.
    """

    def loosened(bound: Bound) -> Bound:
        is_own = bound.members[unit] and bound.members.sum() == 1
        return replace(bound, high=min((1 + MORE) * bound.high, 1.0)) if is_own else bound

    return replace(constraints, bounds=tuple(map(loosened, constraints.bounds)))
