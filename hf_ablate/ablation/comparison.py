"""Two mixtures of a study compared, from its run folder."""

from pathlib import Path
from typing import Any

from ..errors import InputError
from ..mixtures.choose import BEST
from ..mixtures.display import display_name
from ..mixtures.mixture import Mixture
from ..mixtures.units import CorpusUnits
from ..prediction.fitted import fit_evidence
from ..prediction.read_evidence import read_evidence
from .asked import UNIFORM, asked_mixture
from .compare import compare
from .question import units_of
from .records import comparison_records, mixture_record


def compare_mixtures(
    run_dir: Path, asked: list[str], target: str | None, confidence: float, scale: str | None = None
) -> dict[str, Any]:
    """Which of two mixtures is better; nothing is written.

    Args:
        run_dir (`Path`): of a scored study, or of imported runs.
        asked (`list[str]`): the two, each as [`asked_mixture`] takes it.
        target (`str`, *optional*): that they are judged on, as [`Evidence.target`] takes it.
        confidence (`float`): of the intervals.
        scale (`str`, *optional*): that is asked about; default: the largest.

    Returns:
        `dict`: values and tables, whose keys docs/json.md explains.

    Raises:
        `InputError`: for an unknown mixture or target, and for two names of one mixture.
    """
    evidence = read_evidence(run_dir, scale=scale)
    judged = evidence.target(target)
    unit_of_measure = evidence.unit_of(judged.weights)
    first, second = (asked_mixture(run_dir, one, evidence, judged) for one in asked)
    if first.id == second.id:
        raise InputError(f"{asked[0]!r} and {asked[1]!r} are the same mixture, {first.shortened()}; name two")
    fitted = fit_evidence(evidence)
    comparisons = compare(fitted, run_dir, (first, second), judged, confidence)
    corpus = units_of(run_dir, evidence)
    names = (_name(asked[0], first, corpus), _name(asked[1], second, corpus))
    return {
        "target": judged.name,
        "unit_of_measure": unit_of_measure,
        "predictor": fitted.name,
        "confidence": confidence,
        "mixtures": [mixture_record(first), mixture_record(second)],
        "comparison": comparison_records(comparisons, names, judged.name, unit_of_measure),
    }


def _name(asked: str, mixture: Mixture, corpus: CorpusUnits) -> str:
    name = display_name(mixture, corpus)
    return f"{asked} ({name})" if asked in (BEST, UNIFORM) else name
