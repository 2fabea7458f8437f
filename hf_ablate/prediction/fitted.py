"""The predictor that answers for a study: chosen, calibrated and judged on its reference models."""

from dataclasses import dataclass
from pathlib import Path

from .evidence import Evidence
from .predictor import Predictor
from .read_evidence import read_evidence


@dataclass(frozen=True)
class FittedStudy:
    """A study's evidence and the predictor that answers for it.

    Args:
        evidence ([`Evidence`]): what is known.
        predictor ([`Predictor`]): fitted on all of it.
    """

    evidence: Evidence
    predictor: Predictor


def fit_study(run_dir: Path, scale: str | None = None, predictor: str | None = None) -> FittedStudy:
    """Read a study's evidence, and choose, fit and calibrate the predictor that answers for it.

    Args:
        run_dir (`Path`): a run folder with scores, imported runs, or both.
        scale (`str`, *optional*): that is asked about; default: the largest.
        predictor (`str`, *optional*): its name; default: the one that nested cross-validation chooses.
    """
    raise NotImplementedError
