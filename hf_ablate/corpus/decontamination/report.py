"""Which evaluation set removed documents overlap with."""

import numpy as np

from .check import OverlapCheck


def overlap_by_set(check: OverlapCheck, matches: dict[str, np.ndarray]) -> dict:
    """Which evaluation sets the removed documents overlap with, by their first overlap.

    Args:
        check (`OverlapCheck`): what the evaluation sets contain.
        matches (`dict[str, np.ndarray]`): for each place (such as `sympy/train`) the hashes that were found there.

    Returns:
        `dict`: `sets` (documents, those too short to be looked for, hashes, and `removed` by place),
        `false_positive_rate` of the filter, and `not_found_again`: documents whose overlap is in no set, which the
        filter reported falsely.
    """
    summary = check.summary()
    unexplained = {place: np.ones(len(hashes), bool) for place, hashes in matches.items()}
    for number, entry in enumerate(summary["sets"].values()):
        is_shared = {place: np.zeros(len(hashes), bool) for place, hashes in matches.items()}
        for part in check.hashes_of(number):
            ordered = np.sort(part)
            for place, hashes in matches.items():
                where = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
                is_shared[place] |= ordered[where] == hashes
        entry["removed"] = {place: int(flags.sum()) for place, flags in is_shared.items() if flags.any()}
        for place, flags in is_shared.items():
            unexplained[place] &= ~flags
    return {**summary, "not_found_again": int(sum(flags.sum() for flags in unexplained.values()))}
