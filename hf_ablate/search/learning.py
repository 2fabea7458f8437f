"""How fast a predictor's error falls with the number of reference models, by fits on half of them."""

import math
from dataclasses import replace

import numpy as np

from ..prediction.fitted import FittedStudy, fit_evidence
from ..prediction.stack import FEWEST_REFERENCES
from ..prediction.targets import DomainWeights


# Errors fall more slowly the more references there are: from 32 or 64 of RegMix's 1M runs to twice as many, the
# exponent was 0.28 on average (0.12 to 0.47), where fits on half of them promised 0.5 or more.
_FASTEST = 0.25


def learning_exponent(study: FittedStudy, target: DomainWeights) -> float:
    """The b of errors that fall as n^-b with n reference models, between 0 and 0.25; 0 where that cannot be told.

    The error with all of them is that of the nested cross-validation, the error with half of them that on the other
    half.

    Args:
        study ([`FittedStudy`]): whose predictor was chosen on references.
        target ([`DomainWeights`]): what errors are on.
    """
    references = study.table.references if study.choice else ()
    if len(references) < 2 * FEWEST_REFERENCES:
        return 0.0
    rows = np.arange(len(references))
    with_half = [_errors(study, rows[part::2], rows[1 - part :: 2]) @ target.weights for part in (0, 1)]
    with_all = (references.losses - study.choice.nested.mean) @ target.weights
    least = np.finfo(float).tiny
    ratio = np.mean(np.square(np.concatenate(with_half))) / max(np.mean(with_all**2), least)
    return min(max(math.log2(max(ratio, least)) / 2, 0.0), _FASTEST)


def _errors(study: FittedStudy, kept: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """On references that are held out, of a predictor that is chosen and fitted on others: [held_out, domains]."""
    references = study.table.references
    evidence = replace(study.evidence, references=references.only(kept))
    half = fit_evidence(evidence, other_scale=study.table.other_scale)
    there = references.only(held_out)
    return there.losses - half.predictor.expected(there.weights)
