"""How far down the stable order each portion has to be read to fill its budget.

The order is cut into 4,096 ranges and only bytes per range are counted, so memory does not grow with the corpus.
"""

from collections.abc import Iterable

import numpy as np


RANGES = 4096
_SHIFT = np.uint64(64 - 12)


def range_of(order: np.ndarray) -> np.ndarray:
    """The range of the order that each document is in.

    Returns:
        `np.ndarray` of shape (documents,), int64, 0 to 4,095.
    """
    return (order >> _SHIFT).astype(np.int64)


def bytes_per_range(parts: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]], num_portions: int) -> np.ndarray:
    """The bytes of each portion in each range.

    Args:
        parts (`Iterable`): (portion, order, bytes) arrays; portion -1 is passed over.
        num_portions (`int`): the number of portions.

    Returns:
        `np.ndarray` of shape (num_portions, 4096), float64.
    """
    totals = np.zeros((num_portions, RANGES))
    for portion, order, size in parts:
        needed = portion >= 0
        cell = portion[needed] * RANGES + range_of(order[needed])
        totals += np.bincount(cell, weights=size[needed], minlength=totals.size).reshape(totals.shape)
    return totals


def shares_of(totals: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """The share of each portion's bytes that is in its first ranges.

    Args:
        totals (`np.ndarray`): bytes of shape (portions, 4096), as [`bytes_per_range`] gives them.
        limit (`np.ndarray`): how many ranges, at least one, shape (portions,).

    Returns:
        `np.ndarray` of shape (portions,), float64; 1 for a portion without documents.
    """
    sums = np.cumsum(totals, axis=1)
    read, whole = sums[np.arange(len(limit)), limit - 1], sums[:, -1]
    return np.divide(read, whole, out=np.ones(len(limit)), where=whole > 0)


def limits(totals: np.ndarray, budgets: np.ndarray) -> np.ndarray:
    """The number of ranges each portion needs so that their bytes reach its budget; all of them if they never do.

    Args:
        totals (`np.ndarray`): bytes of shape (portions, 4096), as [`bytes_per_range`] gives them.
        budgets (`np.ndarray`): bytes of shape (portions,); infinite for all.

    Returns:
        `np.ndarray` of shape (portions,), int64.
    """
    reached = np.cumsum(totals, axis=1) >= budgets[:, None]
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, RANGES)
