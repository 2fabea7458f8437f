"""Exact duplicates: of several documents with the same content, the first in the stable order stays."""

from collections.abc import Callable, Iterator

import numpy as np


_AT_ONCE = 8_000_000


def find_duplicates(
    parts: Callable[[], Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]], sizes: list[int]
) -> list[np.ndarray]:
    """Mark all but the first of equal documents.

    Documents are taken by ranges of their content hash, few enough at a time to be sorted in memory.

    Args:
        parts (`Callable`): called once per range; gives (content, order, needed) arrays. Documents that are not needed
            are never duplicates, nor make others duplicates.
        sizes (`list[int]`): the length of each part.

    Returns:
        `list[np.ndarray]`: a boolean array for each part.
    """
    is_duplicate = [np.zeros(size, bool) for size in sizes]
    num_ranges = 1 + sum(sizes) // _AT_ONCE
    edges = [(number * 2**64) // num_ranges for number in range(num_ranges + 1)]
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        candidates = []
        for number, (content, order, needed) in enumerate(parts()):
            rows = np.flatnonzero(needed & (content >= np.uint64(low)) & (content <= np.uint64(high - 1)))
            candidates.append((content[rows], order[rows], np.full(len(rows), number, np.int64), rows))
        if not candidates:
            continue
        content, order, part, row = (np.concatenate(column) for column in zip(*candidates, strict=True))
        ranked = np.lexsort((row, part, order, content))
        again = np.flatnonzero(content[ranked][1:] == content[ranked][:-1]) + 1
        for number, flags in enumerate(is_duplicate):
            flags[row[ranked[again]][part[ranked[again]] == number]] = True
    return is_duplicate
