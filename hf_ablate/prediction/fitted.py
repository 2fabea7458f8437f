"""The predictor that answers for a study: chosen, calibrated and judged on its reference models."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..blas import one_blas_thread
from ..errors import InputError, unknown_name
from .candidates import STACK, candidates
from .choice import Choice, choose
from .evidence import Evidence
from .features import FeatureTable, fit_features
from .laws.averaged import TREES
from .noise import NoiseFloor, noise_of_repeats
from .other_scale import OtherScale, fit_other_scale
from .predictors import Calibrated, Uncalibrated, uncalibrated
from .read_evidence import read_evidence
from .stack import FEWEST_REFERENCES


# With four references, the stack's choice on a pool of 70 loses twice as much as that of averaged probabilities alone.
_FEWEST_FOR_STACK = 6


@dataclass(frozen=True)
class FittedStudy:
    """A study's evidence and the predictor that answers for it.

    Args:
        evidence ([`Evidence`]): what is known.
        table ([`FeatureTable`]): what each predictor says of any mixture.
        predictor ([`Predictor`]): fitted on all of the evidence.
        name (`str`): of the predictor.
        choice ([`Choice`], *optional*): how it was chosen and calibrated; `None` with too few reference models.
        noise ([`NoiseFloor`], *optional*): of one training; `None` without a choice or repeats.
        asked_for (`bool`): whether the user named the predictor.
    """

    evidence: Evidence
    table: FeatureTable
    predictor: Calibrated | Uncalibrated
    name: str
    choice: Choice | None
    noise: NoiseFloor | None
    asked_for: bool = False

    @property
    def label(self) -> str:
        """What people read for the predictor."""
        return self.predictor.candidate.label

    @property
    def description(self) -> str:
        """What the predictor is."""
        return self.predictor.candidate.description

    def noise_floor(self, target: np.ndarray, confidence: float) -> float | None:
        """What losses must differ by to be a difference between mixtures, not luck; `None` if it is not known.

        Args:
            target (`np.ndarray`): [domains], the weight of each domain.
            confidence (`float`): as of [`NoiseFloor.smallest_difference`].
        """
        return None if self.noise is None else float(self.noise.smallest_difference(target, confidence))

    def references_by_mixture(self) -> dict[str, np.ndarray]:
        """The losses of the reference models.

        Returns:
            `dict[str, np.ndarray]`: mixture id → [domains], the mean over its repeats.
        """
        return dict(zip(self.table.references.ids, self.table.references.losses, strict=True))


def fit_study(
    run_dir: Path,
    scale: str | None = None,
    predictor: str | None = None,
    metric: str = "bits_per_byte",
    split: str | None = None,
    references_from: Path | None = None,
) -> FittedStudy:
    """Read a study's evidence, and choose, fit and calibrate the predictor that answers for it.

    Args:
        run_dir (`Path`): a run folder with scores, imported runs, or both.
        scale (`str`, *optional*): that is asked about; default: the largest.
        predictor (`str`, *optional*): its name; default: the one of least cross-validated error.
        metric (`str`): of a study's scores, one of those of `hf-ablate rank`.
        split (`str`, *optional*): of the evaluation text; default: the one that was scored.
        references_from (`Path`, *optional*): the run folder whose reference models judge, see [`read_evidence`].

    Raises:
        `InputError`: if there is nothing to predict from, and for a predictor that the study does not have.
    """
    return fit_evidence(read_evidence(run_dir, metric, split, scale, references_from), predictor)


@one_blas_thread()
def fit_evidence(
    evidence: Evidence, predictor: str | None = None, other_scale: OtherScale | None = None
) -> FittedStudy:
    """The same for evidence in memory.

    Args:
        evidence ([`Evidence`]): of a study.
        predictor (`str`, *optional*): its name; default: the one of least cross-validated error.
        other_scale ([`OtherScale`], *optional*): what runs at another scale say, where that is fitted already.

    Raises:
        `InputError`: as [`fit_study`] does.
    """
    table = fit_features(evidence, other_scale or fit_other_scale(evidence), trees=predictor == TREES)
    known = {candidate.name: candidate for candidate in candidates(table.names, bool(evidence.own_scale))}
    if predictor is not None and predictor not in known:
        raise unknown_name("predictor", predictor, list(known))
    repeats = noise_of_repeats(evidence.references)
    if len(table.references) < FEWEST_REFERENCES:
        name = predictor or next((name for name in table.names if not known[name].is_bounded), None)
        if predictor is not None and known[predictor].is_bounded:
            raise InputError(
                f"{predictor} only orders mixtures: it takes {FEWEST_REFERENCES} reference models to say which losses "
                f"they have, and there are {len(table.references)}"
            )
        if name is None:
            raise InputError("there is nothing to predict from: no proxy is scored and there are no runs")
        return FittedStudy(evidence, table, uncalibrated(table, name), name, None, repeats, predictor is not None)
    if len(table.references) < _FEWEST_FOR_STACK and predictor is None:
        known.pop(STACK, None)
    choice = choose(table, list(known.values()), predictor)
    fitted = Calibrated(table, choice.chosen, choice.stack, repeats)
    return FittedStudy(evidence, table, fitted, choice.chosen.name, choice, fitted.noise(), predictor is not None)
