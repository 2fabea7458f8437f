"""The fitted predictor as values from which `js/predictor.js` makes it again."""

from typing import Any

from ..prediction.fitted import FittedStudy


def predictor_payload(fitted: FittedStudy) -> dict[str, Any]:
    """What the page needs to predict."""
    return {"name": fitted.name, "label": fitted.label, "reason": "the predictor is not in the page yet"}
