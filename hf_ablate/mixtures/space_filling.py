"""Space filling: the few mixtures from which all others are not far."""

import heapq

import numpy as np

from .mixture import Mixture
from .weights import weights_of


_MOST_COVERED = 1000  # mixtures that distances are averaged over


def space_filling(mixtures: list[Mixture], count: int) -> list[Mixture]:
    """The first `count` mixtures of a greedy order, each the one that brings all mixtures nearest to those before it.

    That is: the one after which the mean distance of the mixtures from the nearest one chosen is least. Mixtures of
    one unit count as chosen from the start. This is the greedy solution of the k-median problem. Its gains only shrink
    as more is chosen, so most of them need not be computed again (Minoux, Accelerated greedy algorithms, 1978). The
    order depends neither on the order of the mixtures nor on `count`: who asks for more later gets the same, and more.

    Args:
        mixtures (`list[Mixture]`): to choose from, and to be near to.
        count (`int`): how many.

    Example:

    ```python
    >>> near = [Mixture.of({"a": share, "b": 1 - share}) for share in (0.5, 0.51, 0.52, 0.8)]
    >>> [mixture.name for mixture in space_filling(near, 2)]
    ['0.51 a + 0.49 b', '0.8 a + 0.2 b']

    ```
    """
    if not mixtures:
        return []
    ordered = sorted(mixtures, key=lambda mixture: mixture.id)  # by digest, so the first are as if drawn
    units = sorted({unit for mixture in ordered for unit in mixture.units})
    weights = weights_of(ordered, units)
    covered = weights[:_MOST_COVERED]
    squares = (covered**2).sum(axis=1)
    nearest = np.sqrt(squares + 1 - 2 * covered.max(axis=1))  # from the nearest mixture of one unit

    def distances(row: int) -> np.ndarray:
        to_row = squares + weights[row] @ weights[row] - 2 * covered @ weights[row]
        return np.sqrt(np.maximum(to_row, 0))

    def gain(row: int) -> float:
        # Rounded, so that mixtures which gain the same by symmetry are taken in the order of their ids.
        return round(float(np.maximum(nearest - distances(row), 0).sum()), 6)

    bounds = [(-gain(row), row) for row in range(len(ordered))]
    heapq.heapify(bounds)
    chosen: list[Mixture] = []
    while bounds and len(chosen) < count:
        _, row = heapq.heappop(bounds)
        now = (-gain(row), row)
        if bounds and now > bounds[0]:
            heapq.heappush(bounds, now)
        else:
            chosen.append(ordered[row])
            nearest = np.minimum(nearest, distances(row))
    return chosen
