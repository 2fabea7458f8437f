"""What was removed, from where, and which evaluation set it overlaps with."""

import json
from pathlib import Path

import numpy as np

from .check import hashes_of


def overlap_by_set(folder: Path, matches: dict[str, np.ndarray]) -> dict:
    """Which evaluation sets the removed documents overlap with, by their first overlap.

    Args:
        folder (`Path`): what `write_check` wrote.
        matches (`dict[str, np.ndarray]`): for each place (such as `sympy/train`) the hashes that were found there.

    Returns:
        `dict`: `sets` (documents, those too short to be looked for, hashes, and `removed` by place),
        `false_positive_rate` of the filter, and `not_found_again`: documents whose overlap no set has: the filter was
        wrong.
    """
    facts = json.loads((folder / "sets.json").read_text(encoding="utf-8"))
    unexplained = {place: np.ones(len(hashes), bool) for place, hashes in matches.items()}
    for number, entry in enumerate(facts["sets"].values()):
        found = {place: np.zeros(len(hashes), bool) for place, hashes in matches.items()}
        for part in hashes_of(folder, number):
            ordered = np.sort(part)
            for place, hashes in matches.items():
                where = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
                found[place] |= ordered[where] == hashes
        entry["removed"] = {place: int(mask.sum()) for place, mask in found.items() if mask.any()}
        for place, mask in found.items():
            unexplained[place] &= ~mask
    return {**facts, "not_found_again": int(sum(mask.sum() for mask in unexplained.values()))}
