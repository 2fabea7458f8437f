"""Mixtures that are spread over what there is: each as far as possible from all others."""

from collections.abc import Iterator, Sequence

import numpy as np


def spread_out(known: np.ndarray, weights: np.ndarray, rows: Sequence[int]) -> Iterator[int]:
    """The rows in the order in which each is farthest from what is known and from those before it.

    Distances are between square roots of weights, so that a small weight differs from none.

    Args:
        known (`np.ndarray`): [models, units], weights to keep away from.
        weights (`np.ndarray`): [mixtures, units].
        rows (`Sequence[int]`): which of the mixtures, by position.

    Example:

    ```python
    >>> mixtures = np.array([[0.5, 0.5], [0.0, 1.0], [0.4, 0.6]])
    >>> list(spread_out(np.array([[1.0, 0.0]]), mixtures, [0, 1, 2]))
    [1, 0, 2]

    ```
    """
    roots, left = np.sqrt(weights), list(rows)
    distances = np.linalg.norm(roots[:, None] - np.sqrt(known)[None], axis=-1).min(axis=1, initial=np.inf)
    while left:
        farthest = max(left, key=lambda row: distances[row])
        yield farthest
        left.remove(farthest)
        distances = np.minimum(distances, np.linalg.norm(roots - roots[farthest], axis=-1))
