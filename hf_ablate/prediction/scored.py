"""What a proxy was scored for, by the mixtures' weights."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np


DECIMALS = 9  # of weights, by which mixtures are told apart


@dataclass(frozen=True)
class Scored:
    """What a proxy was scored for.

    Args:
        known (`Mapping[bytes, np.ndarray]`): the losses of the mixtures that were scored, NaN on domains where not.
    """

    known: Mapping[bytes, np.ndarray]

    @property
    def is_defined(self) -> np.ndarray:
        """[domains], whether there is a score on the domain."""
        return np.isfinite(list(self.known.values())).any(axis=0)

    @property
    def weights(self) -> np.ndarray:
        """Of the mixtures that were scored: [mixtures, units], rounded."""
        return np.array([np.frombuffer(key) for key in self.known])

    @classmethod
    def of(cls, weights: np.ndarray, losses: np.ndarray) -> "Scored":
        """Scores, [mixtures, domains], of mixtures, [mixtures, units]."""
        return cls(dict(zip(_keys(weights), losses, strict=True)))

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The scores of mixtures.

        Args:
            weights (`np.ndarray`): [mixtures, units], rows sum to 1.

        Returns:
            `np.ndarray`: [mixtures, domains]; NaN where there are none.
        """
        missing = np.full_like(next(iter(self.known.values())), np.nan)
        return np.reshape([self.known.get(key, missing) for key in _keys(weights)], (-1, len(missing)))

    def is_scored(self, weights: np.ndarray) -> np.ndarray:
        """Whether there is a score of each mixture on every domain that has any.

        Args:
            weights (`np.ndarray`): [mixtures, units], rows sum to 1.

        Returns:
            `np.ndarray`: [mixtures], bool.
        """
        return np.isfinite(self.losses(weights)[:, self.is_defined]).all(axis=1)


def rounded(weights: np.ndarray) -> np.ndarray:
    """Weights as scores know them.

    Args:
        weights (`np.ndarray`): of any shape.

    Returns:
        `np.ndarray`: of the same shape, without -0.0.
    """
    return np.round(weights, DECIMALS) + 0.0


def _keys(weights: np.ndarray) -> Iterator[bytes]:
    """What identifies each mixture."""
    return (row.tobytes() for row in rounded(weights))
