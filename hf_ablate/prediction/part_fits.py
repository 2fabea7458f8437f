"""The predictor, chosen and fitted on parts of the reference models: what fewer of them would have given."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .fitted import FittedStudy, fit_evidence


def part_fits(study: FittedStudy, parts: int) -> Iterator[tuple[np.ndarray, FittedStudy]]:
    """The study with every so-manieth reference model alone.

    Args:
        study ([`FittedStudy`]): with all of them.
        parts (`int`): of the reference models; each is fitted on once.

    Returns:
        `Iterator`: the positions in `study.table.references` that are kept, and what is fitted on these.
    """
    references = study.table.references
    for part in range(parts):
        kept = np.arange(part, len(references), parts)
        evidence = replace(study.evidence, references=references.only(kept))
        yield kept, fit_evidence(evidence, other_scale=study.table.other_scale)
