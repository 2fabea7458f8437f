"""The study's predictor as data of a page, from which `js/predictor.js` fits it again.

What was fitted is given by its data and by the parameters that were chosen: factorisations are as large as the square
of the number of mixtures, and are made again in less time than they take to read.
"""

from typing import Any

import numpy as np

from ..prediction import own_errors, predictors, stack
from ..prediction.fitted import FittedStudy
from ..prediction.laws.averaged import TREES
from ..prediction.predictors import Calibrated, Uncalibrated
from .arrays import packed
from .features_payload import features_payload
from .mixture_table import MixtureTable


_MOST = 0.95e-6  # how far off predictions may be
_MOST_OF_A_FEATURE = 4e-6  # and features that predictions hardly depend on


def predictor_payload(fitted: FittedStudy, mixtures: MixtureTable) -> dict[str, Any]:
    """The predictor for `makePredictor` of the page.

    Args:
        fitted ([`FittedStudy`]): with the predictor that answers.
        mixtures ([`MixtureTable`]): of the page, with those of `evidence.known_mixtures` and all single units.

    Returns:
        `dict[str, Any]`: `name`, `label` and all that it is made of; or `reason`, why the page cannot evaluate it.
    """
    known = {"name": fitted.name, "label": fitted.label}
    table, candidate = fitted.table, fitted.predictor.candidate
    if TREES in candidate.features:
        return {**known, "reason": "gradient-boosted trees are too many to be put into a page"}
    of_predictor = _calibrated if isinstance(fitted.predictor, Calibrated) else _uncalibrated
    return {
        **known,
        "domains": len(fitted.evidence.domains),
        "features": features_payload(table, candidate.features, mixtures, _tolerances(fitted.predictor)),
        **of_predictor(fitted.predictor),
    }


def _tolerances(predictor: Calibrated | Uncalibrated) -> np.ndarray:
    """How far off each feature may be for predictions to be within a millionth: [features]."""
    slopes = np.ones(1)
    if isinstance(predictor, Calibrated):
        slopes = np.abs(predictor.stack.slopes).max(axis=0)
    rounded = sum(name in predictor.table.proxies for name in predictor.candidate.features)
    return np.minimum(_MOST / (max(rounded, 1) * np.maximum(slopes, 1e-12)), _MOST_OF_A_FEATURE)


def _calibrated(predictor: Calibrated) -> dict[str, Any]:
    fitted, share = predictor.stack, predictor.error_share
    arrays = {
        "values": fitted.features.values,
        "roots": fitted.features.roots,
        "center": fitted.center,
        "spread": fitted.spread,
        "expected": np.broadcast_to(fitted.expected, fitted.spread.shape),
        "level": fitted.level,
        "weights": fitted.weights,
        "noise": fitted.noise,
        "correlation": fitted.correlation,
    }
    return {
        "stack": {
            **{name: packed(array) for name, array in arrays.items()},
            "slope_variance": fitted.slope_variance,
            "surface": list(fitted.surface),
            "intercept": stack.INTERCEPT,
            "inflation": fitted.inflation,
            "is_bounded": fitted.is_bounded,
        },
        "own_errors": {
            "residuals": packed(predictor.own_errors.residuals), "share": share, "length": own_errors.LENGTH,
        },
    }  # fmt: skip


def _uncalibrated(predictor: Uncalibrated) -> dict[str, Any]:
    arrays = {"offset": packed(predictor.offset), "error": packed(predictor.error)}
    return {"uncalibrated": {**arrays, "length": predictors.LENGTH}}
