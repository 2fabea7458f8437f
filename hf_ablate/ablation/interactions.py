"""Pairwise interactions: how much more two players bring together than each brings without the other.

The Shapley interaction index: the change that one player makes to what the other brings, averaged over the sets of the
rest (M. Grabisch and M. Roubens, "An axiomatic approach to the concept of interaction among players in cooperative
games", International Journal of Game Theory 28, 1999).
"""

from itertools import combinations
from math import comb

import numpy as np


def interaction_coefficients(members: np.ndarray) -> tuple[list[tuple[int, int]], np.ndarray]:
    """What the worth of every set is multiplied with to give the interactions of all pairs.

    Args:
        members (`np.ndarray`): bool [2 ** players, players], all sets.

    Returns:
        `tuple[list, np.ndarray]`: the pairs, and [pairs, sets].

    Example:

    ```python
    >>> both_needed = np.array([0.0, 0.0, 0.0, 1.0])  # of nobody, of the first alone, of the second alone, of both
    >>> pairs, coefficients = interaction_coefficients(np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=bool))
    >>> pairs, (coefficients @ both_needed).tolist()
    ([(0, 1)], [1.0])

    ```
    """
    players = members.shape[1]
    pairs = list(combinations(range(players), 2))
    weights = np.array([1 / ((players - 1) * comb(players - 2, count)) for count in range(players - 1)])
    size = members.sum(axis=1)
    coefficients = np.empty((len(pairs), len(members)))
    for row, (first, second) in enumerate(pairs):
        in_first, in_second = members[:, first], members[:, second]
        others = size - in_first - in_second
        coefficients[row] = np.where(in_first == in_second, 1.0, -1.0) * weights[others]
    return pairs, coefficients
