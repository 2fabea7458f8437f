"""How fast a predictor's error falls with the number of reference models, by fits on half of them."""

import math

import numpy as np

from ..prediction.fitted import FittedStudy
from ..prediction.part_fits import part_fits
from ..prediction.stack import FEWEST_REFERENCES
from ..prediction.targets import DomainWeights


# Errors fall more slowly the more references there are: from 32 or 64 of RegMix's 1M runs to twice as many, the
# exponent was 0.28 on average (0.12 to 0.47), where fits on half of them promised 0.5 or more.
_FASTEST = 0.25


def learning_exponent(study: FittedStudy, target: DomainWeights) -> float:
    """The b of errors that fall as n^-b with n reference models, between 0 and 0.25; 0 where the errors show none.

    The error with all of them is that of the nested cross-validation, the error with half of them that on the other
    half.

    Args:
        study ([`FittedStudy`]): whose predictor was chosen on references.
        target ([`DomainWeights`]): what errors are on.
    """
    references = study.table.references if study.choice else ()
    if len(references) < 2 * FEWEST_REFERENCES:
        return 0.0
    with_half = []
    for kept, half in part_fits(study, 2):
        held_out = references.only(np.setdiff1d(np.arange(len(references)), kept))
        with_half.append((held_out.losses - half.predictor.expected(held_out.weights)) @ target.weights)
    with_all = (references.losses - study.choice.nested.mean) @ target.weights
    least = np.finfo(float).tiny
    ratio = np.mean(np.square(np.concatenate(with_half))) / max(np.mean(with_all**2), least)
    return min(max(math.log2(max(ratio, least)) / 2, 0.0), _FASTEST)
