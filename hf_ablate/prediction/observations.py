"""Observations: models really trained, or proxies scored, as arrays of mixtures and losses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Observations:
    """Mixtures and what was measured of each, in one order of units and one of domains; lower losses are better.

    Args:
        ids (`tuple[str, ...]`): the id of each mixture; a repeat with another seed has the same.
        weights (`np.ndarray`): [observations, units], rows sum to 1.
        losses (`np.ndarray`): [observations, domains], NaN where nothing was measured.

    Example:

    ```python
    >>> runs = Observations(("m-1", "m-2"), np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[2.0], [1.5]]))
    >>> len(runs), runs.only([1]).ids
    (2, ('m-2',))

    ```
    """

    ids: tuple[str, ...]
    weights: np.ndarray
    losses: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def only(self, rows: Sequence[int] | np.ndarray) -> "Observations":
        """The observations at these positions, in their order."""
        rows = np.asarray(rows, dtype=int)
        return Observations(tuple(self.ids[row] for row in rows), self.weights[rows], self.losses[rows])

    def complete(self) -> "Observations":
        """Those with a finite loss on every domain."""
        return self.only(np.flatnonzero(np.isfinite(self.losses).all(axis=1)))

    def on(self, domains: slice | np.ndarray) -> "Observations":
        """The same with the losses on some of the domains alone."""
        return Observations(self.ids, self.weights, self.losses[:, domains])

    def joined(self, other: "Observations") -> "Observations":
        """These and others, of the same units and domains."""
        return Observations(
            self.ids + other.ids,
            np.concatenate([self.weights, other.weights]),
            np.concatenate([self.losses, other.losses]),
        )


def averaged(runs: Observations) -> Observations:
    """Repeats of a mixture as one observation with their mean, in the order of the first of each.

    Args:
        runs ([`Observations`]): of one scale.
    """
    first = {name: row for row, name in reversed(list(enumerate(runs.ids)))}
    rows = sorted(first.values())
    ids = np.array(runs.ids)
    losses = [runs.losses[ids == runs.ids[row]].mean(axis=0) for row in rows]
    return Observations(
        tuple(runs.ids[row] for row in rows),
        runs.weights[rows],
        np.array(losses).reshape(len(rows), runs.losses.shape[1]),
    )
