"""Runs whose losses a formula gives."""

import numpy as np

from hf_ablate.prediction.observations import Observations


def mixtures(count: int, units: int, seed: int = 0) -> np.ndarray:
    """Random weights, [count, units], most of them on few units."""
    return np.random.default_rng(seed).dirichlet(np.full(units, 0.5), size=count)


def observed(weights: np.ndarray, losses: np.ndarray) -> Observations:
    """Runs with ids."""
    return Observations(tuple(f"run-{number}" for number in range(len(weights))), weights, losses)
