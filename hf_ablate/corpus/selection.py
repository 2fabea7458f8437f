"""How far down the stable order each group of documents has to be read to fill its budget.

The order is cut into 4,096 ranges and only bytes per range are counted, so memory does not grow with the corpus.
"""

from collections.abc import Iterable

import numpy as np


RANGES = 4096
_SHIFT = np.uint64(64 - 12)


def range_of(order: np.ndarray) -> np.ndarray:
    """The range, 0 to 4,095, that each document's order lies in."""
    return (order >> _SHIFT).astype(np.int64)


def bytes_per_range(parts: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]], num_groups: int) -> np.ndarray:
    """The bytes of each group in each range.

    Args:
        parts: (group, order, bytes) arrays; group -1 is passed over.
        num_groups (`int`): the number of groups.

    Returns:
        `np.ndarray` of shape (num_groups, 4096), float64.
    """
    totals = np.zeros((num_groups, RANGES))
    for group, order, size in parts:
        needed = group >= 0
        cell = group[needed] * RANGES + range_of(order[needed])
        totals += np.bincount(cell, weights=size[needed], minlength=totals.size).reshape(totals.shape)
    return totals


def limits(totals: np.ndarray, budgets: np.ndarray) -> np.ndarray:
    """The number of ranges each group needs so that their bytes reach its budget; all of them if they never do."""
    reached = np.cumsum(totals, axis=1) >= budgets[:, None]
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, RANGES)
