"""The mixtures of a table's runs: weights checked, and normalised with a warning."""

import logging
import math

from ..errors import InputError
from ..mixtures.mixture import Mixture
from .values import RunKey, Values, listed


logger = logging.getLogger(__name__)
_ROUNDING = 1e-6  # sums that are farther from 1 than this are worth a word


def mixtures_of(weights: Values) -> dict[RunKey, Mixture]:
    """The mixture of each run, its weights normalised to sum to 1; a blank is a weight of 0.

    Args:
        weights ([`Values`]): by run and unit.

    Raises:
        `InputError`: for a weight that is negative or not finite, and for a run without weights; names them.
    """
    for key, row in weights.rows.items():
        for unit, weight in row.items():
            if not math.isfinite(weight) or weight < 0:
                raise InputError(
                    f"{weights.table}, {key}: the weight of {unit!r} is {weight:g}; it must be finite and not negative"
                )
    if without := [key for key, row in weights.rows.items() if not any(row.values())]:
        raise InputError(f"{weights.table} has rows without weights: {listed(without)}; give them, or drop the rows")
    _report_sums(weights)
    return {key: Mixture.of(row) for key, row in weights.rows.items()}


def _report_sums(weights: Values) -> None:
    sums = {key: math.fsum(row.values()) for key, row in weights.rows.items()}
    off = {key: total for key, total in sums.items() if abs(total - 1) > _ROUNDING}
    if off:
        farthest = max(off, key=lambda key: abs(off[key] - 1))
        logger.warning(
            "%s: the weights of %d of %d rows do not sum to 1 (the farthest, %s, to %.4g); they are normalised",
            weights.table, len(off), len(sums), farthest, off[farthest],
        )  # fmt: skip
