"""The mixtures that a page knows of, each once: whatever is said of one refers to its row in this table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..prediction.scored import DECIMALS
from .arrays import packed


_PARTS = 10**DECIMALS
_MOST_EXACT = 100_000  # bytes of weights as they are; of more, there are the decimals that tell mixtures apart


@dataclass(frozen=True)
class MixtureTable:
    """Mixtures, each once.

    Args:
        weights (`np.ndarray`): [mixtures, units].
    """

    weights: np.ndarray

    @classmethod
    def of(cls, lists: Iterable[np.ndarray]) -> "MixtureTable":
        """The mixtures of several lists, each once, in the order in which they come.

        Args:
            lists (`Iterable[np.ndarray]`): [mixtures, units] each.
        """
        weights = np.concatenate(list(lists))
        _, first = np.unique(_parts(weights), axis=0, return_index=True)
        return cls(weights[np.sort(first)])

    def rows_of(self, weights: np.ndarray) -> np.ndarray:
        """The rows of mixtures that are in the table.

        Args:
            weights (`np.ndarray`): [mixtures, units].

        Returns:
            `np.ndarray`: [mixtures], int32.
        """
        rows = {parts.tobytes(): row for row, parts in enumerate(_parts(self.weights))}
        return np.array([rows[parts.tobytes()] for parts in _parts(weights)], dtype=np.int32)

    def payload(self) -> dict[str, Any]:
        """For `mixturesOf` of the page: how many units each mixture has, which they are, and their weights."""
        mixtures, units = np.nonzero(self.weights)
        weights = self.weights[mixtures, units]
        table = {
            "units": self.weights.shape[1],
            "counts": packed(np.bincount(mixtures, minlength=len(self.weights)).astype(np.uint16)),
            "positions": packed(units.astype(np.uint16)),
        }
        exact = packed(weights)
        if len(exact["data"]) <= _MOST_EXACT:
            return {**table, "weights": exact}
        # The last weight of each follows from the others: what rounding leaves of their sum is in its place.
        parts = _parts(self.weights).astype(np.int32)
        last = np.append(np.flatnonzero(np.diff(mixtures)), len(mixtures) - 1)
        parts[mixtures[last], units[last]] = parts.sum(axis=1) - _PARTS
        return {**table, "parts": packed(parts[mixtures, units])}


def _parts(weights: np.ndarray) -> np.ndarray:
    return np.rint(weights * _PARTS).astype(np.uint32)
