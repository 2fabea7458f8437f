"""Which blocks a model is trained on, and in which order: exact, and the same for any number of processes."""

from collections.abc import Mapping

import numpy as np

from ..manifest import digest


def apportion(weights: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in proportion to weights that sum to 1, adding up to `total` (largest remainder).

    Example:

    ```python
    >>> apportion({"pandas": 0.5, "scipy": 0.25, "sympy": 0.25}, 10)
    {'pandas': 5, 'scipy': 3, 'sympy': 2}

    ```
    """
    quotas = {name: total * weight for name, weight in weights.items()}
    shares = {name: int(quota + 1e-9) for name, quota in quotas.items()}
    by_remainder = sorted(weights, key=lambda name: (round(shares[name] - quotas[name], 9), name))
    for name in by_remainder[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def block_order(shares: Mapping[str, int], sizes: Mapping[str, int], seed: int, in_stages: bool = False) -> np.ndarray:
    """The blocks of a training run in order.

    The blocks of a unit are drawn in random order without replacement; once all are used, a new epoch begins in a new
    order. Units are interleaved at random over the whole run, or follow one another `in_stages`. The order depends on
    the arguments alone, not on the batch size or the number of processes, and the blocks of a unit not on other units.

    Args:
        shares (`Mapping[str, int]`): how many blocks to take from each unit.
        sizes (`Mapping[str, int]`): how many blocks each unit has.
        seed (`int`): of the study.
        in_stages (`bool`): the units one after the other, as `shares` lists them.

    Returns:
        `np.ndarray`: shape (sum of shares, 2), int64: unit (its position in `shares`) and block within the unit.
    """
    names = list(shares)
    turns = np.repeat(np.arange(len(names)), list(shares.values()))
    if not in_stages:
        _generator(seed, "turns", dict(shares)).shuffle(turns)
    order = np.empty((len(turns), 2), dtype=np.int64)
    order[:, 0] = turns
    for position, name in enumerate(names):
        epochs = -(-shares[name] // sizes[name])
        rows = [_generator(seed, name, epoch).permutation(sizes[name]) for epoch in range(epochs)]
        order[turns == position, 1] = np.concatenate([*rows, np.empty(0, dtype=np.int64)])[: shares[name]]
    return order


def _generator(*key: object) -> np.random.Generator:
    return np.random.default_rng(int(digest(list(key)), 16))
