"""A proxy's scores for any mixture, interpolated between those that were scored."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .evidence import Evidence
from .observations import Observations
from .soft_minimum import soft_minimum


@dataclass(frozen=True)
class Surrogate:
    """Scores of a proxy: as they were scored, and interpolated elsewhere."""

    scored: Observations
    components: np.ndarray

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The scores of mixtures.

        Returns:
            `np.ndarray`: [mixtures, domains].
        """
        known = np.sqrt(self.scored.weights)
        gap = self.scored.losses - soft_minimum(self.scored.weights, self.components)
        kernel = np.exp(-2 * ((known[:, None] - known[None]) ** 2).sum(axis=-1)) + 1e-8 * np.eye(len(known))
        shared = np.exp(-2 * ((np.sqrt(weights)[:, None] - known[None]) ** 2).sum(axis=-1))
        return soft_minimum(weights, self.components) + shared @ np.linalg.solve(kernel, gap)


def fit_surrogates(evidence: Evidence) -> Mapping[str, Surrogate]:
    """One for each kind of proxy that is scored."""
    return {kind: Surrogate(scored, evidence.components) for kind, scored in evidence.proxies.items()}
