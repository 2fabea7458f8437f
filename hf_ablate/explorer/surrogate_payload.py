"""The surrogate of a proxy as data of a page, from which `js/surrogate.js` fits it again."""

from typing import Any

import numpy as np

from ..mixtures.proxies import ENSEMBLE
from ..prediction.surrogate import Surrogate, smooth_sharpness
from .arrays import packed
from .mixture_table import MixtureTable
from .scores_payload import scores_payload


_SURE = 4  # standard deviations of what rounding does to a prediction that are within what it bears


def surrogate_payload(
    surrogate: Surrogate, mixtures: MixtureTable, components: np.ndarray, first: int, tolerance: float
) -> dict[str, Any]:
    """What a surrogate learned from, and the kernel that it learned with.

    Args:
        surrogate ([`Surrogate`]): fitted.
        mixtures ([`MixtureTable`]): of the page, with all that were scored.
        components (`np.ndarray`): [units, domains], losses on all of the study's domains.
        first (`int`): the study's domain that is the surrogate's first.
        tolerance (`float`): how far off its losses may be, relative to losses whose logarithms are learned.
    """
    order = np.argsort(mixtures.rows_of(surrogate.scored.weights))  # rows that only grow take little room
    weights, process = surrogate.scored.weights[order], surrogate.process
    position = {row.tobytes(): index for index, row in enumerate(weights)}
    fitted = [position[row.tobytes()] for row in surrogate.learned]
    scores = np.array(list(surrogate.scored.known.values()))[order]
    own = components[:, first : first + scores.shape[1]]
    values, own = (np.log(scores), np.log(own)) if surrogate.logarithmic else (scores, own)
    sharpness = smooth_sharpness(own) if np.isfinite(own).all() else None
    steps = np.full(len(weights), 2 * tolerance)
    steps[fitted] = min(2 * tolerance, tolerance * np.sqrt(12) / (_SURE * _amplification(surrogate)))
    return {
        "kind": "surrogate",
        "rows": packed(mixtures.rows_of(weights)),
        "scores": scores_payload(weights, values, steps, own, sharpness),
        "fitted": packed(np.array(fitted, dtype=np.int32)),
        "with_roots": surrogate.kind == ENSEMBLE.kind,
        "is_softened": surrogate.components is not None,
        "sharpness": sharpness,
        "first": first,
        "logarithmic": surrogate.logarithmic,
        "process": {
            "trend": process.kernel_.k1.k1.constant_value,
            "offset": process.kernel_.k1.k2.kernel.sigma_0**2,
            "rest": process.kernel_.k2.k1.constant_value,
            "length": process.kernel_.k2.k2.length_scale,
            "jitter": process.alpha,
            "mean": packed(np.atleast_1d(process._y_train_mean)),
            "deviation": packed(np.atleast_1d(process._y_train_std)),
        },
    }


def _amplification(surrogate: Surrogate) -> float:
    """How much larger the rounding of scores is in a prediction: the most of some mixtures far from those learned."""
    units = np.eye(len(surrogate.seen))
    far = np.vstack(
        [(units + np.roll(units, 1, axis=0)) / 2, units.mean(axis=0), 0.9 * units + 0.1 * units.mean(axis=0)]
    )
    return float(np.sqrt((surrogate.influence(far) ** 2).sum(axis=1)).max())
