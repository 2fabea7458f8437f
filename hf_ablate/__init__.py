"""Which data should we train on? Proxies for models trained on any mixture, from one model per part of the corpus.

The Python API, imported when it is first used:

- [`Study`]: a study's run folder: its units, mixtures, scores, ranking and agreement, and scores of any other mixture;
- [`Mixture`]: base units with weights;
- [`MixtureScorer`]: scores any mixture of a pool on tokenised text;
- [`load_metric`]: the formulas of scores and agreement as `evaluate` modules;
- [`InputError`]: a mistake in what was given.
"""

import importlib
from typing import TYPE_CHECKING, Any

from .modeling.registration import register as _register


if TYPE_CHECKING:
    from .errors import InputError
    from .evaluation.scoring.mixture_scorer import MixtureScorer
    from .metrics import load_metric
    from .mixtures.mixture import Mixture
    from .study.study import Study


__version__ = "0.1.0"
__all__ = ["InputError", "Mixture", "MixtureScorer", "Study", "load_metric"]
_MODULES = {
    "InputError": ".errors",
    "Mixture": ".mixtures.mixture",
    "MixtureScorer": ".evaluation.scoring.mixture_scorer",
    "Study": ".study.study",
    "load_metric": ".metrics",
}
_register()


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
