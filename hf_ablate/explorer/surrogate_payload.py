"""The surrogate of a proxy as data of a page, from which `js/surrogate.js` fits it again."""

from typing import Any

import numpy as np

from ..mixtures.proxies import ENSEMBLE
from ..prediction.surrogate import Surrogate, smooth_sharpness
from .arrays import packed
from .mixture_table import MixtureTable


def surrogate_payload(surrogate: Surrogate, mixtures: MixtureTable, first: int = 0) -> dict[str, Any]:
    """What a surrogate learned from, and the kernel that it learned with.

    Args:
        surrogate ([`Surrogate`]): fitted.
        mixtures ([`MixtureTable`]): of the page, with all that were scored.
        first (`int`): the study's domain that is the surrogate's first.
    """
    weights, process = surrogate.scored.weights, surrogate.process
    units = weights.shape[1]
    position = {row.tobytes(): index for index, row in enumerate(weights)}
    fitted = [position[np.ascontiguousarray(row[:units]).tobytes()] for row in process.X_train_]
    sharpness = None if surrogate.components is None else smooth_sharpness(surrogate.components)
    return {
        "kind": "surrogate",
        "rows": packed(mixtures.rows_of(weights)),
        "scores": packed(np.array(list(surrogate.scored.known.values()))),
        "fitted": packed(np.array(fitted, dtype=np.int32)),
        "with_roots": surrogate.kind == ENSEMBLE.kind,
        "softened": None if surrogate.components is None else {"first": first, "sharpness": sharpness},
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
