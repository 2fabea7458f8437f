"""The updates of components, their weights less the seed's: how long they are, and how they point."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..progress import Progress
from ..saved_model import open_tensors
from .components import check_components, other_tensor


_NUMBERS_AT_ONCE = 1 << 23  # of all updates together, in float64: 64 MiB


@dataclass(frozen=True)
class Updates:
    """The inner products of the updates of a pool, which say all about their lengths and directions.

    Args:
        components (`tuple[str, ...]`): the names of the components.
        products (`np.ndarray`): [components, components], the inner product of every two updates.
        seed_length (`float`): of the seed's weights as one vector.
        parameters (`int`): numbers in an update.
    """

    components: tuple[str, ...]
    products: np.ndarray
    seed_length: float
    parameters: int

    @property
    def lengths(self) -> np.ndarray:
        """The length of every update: [components]."""
        return np.sqrt(np.diag(self.products))

    @cached_property
    def cosines(self) -> np.ndarray:
        """[components, components]: 1 for the same direction, 0 for unrelated ones, below 0 for opposed ones."""
        lengths = np.where(self.lengths > 0, self.lengths, np.nan)
        return self.products / np.outer(lengths, lengths)

    @property
    def kept(self) -> float:
        """The length of the average of all updates, over the average of their lengths: what averaging leaves."""
        return float(np.sqrt(max(self.products.mean(), 0.0)) / self.lengths.mean())


def find_updates(seed: Path, components: Mapping[str, Path]) -> Updates:
    """The inner products of the updates of saved components, read parameter by parameter.

    Args:
        seed (`Path`): the folder of the seed.
        components (`Mapping[str, Path]`): name of each component → its folder.

    Raises:
        `InputError`: for models of several architectures or seeds, and folders that are not complete saved models.
    """
    import torch

    check_components(dict(components))
    first = next(iter(components.values()))
    if differs := other_tensor(seed, first):
        raise InputError(f"{first} has no update from {seed}: {differs}")
    start = open_tensors(seed)
    trained = [open_tensors(folder) for folder in components.values()]
    names = [name for name, tensor in trained[0].items() if tensor.is_floating_point()]
    products = torch.zeros(len(trained), len(trained), dtype=torch.float64)
    length = torch.zeros((), dtype=torch.float64)
    size = max(_NUMBERS_AT_ONCE // len(trained), 1)
    parameters = sum(start[name].numel() for name in names)
    with Progress(parameters, "updates of components", "parameter") as progress:
        for name in names:
            before, after = start[name].flatten(), [tensors[name].flatten() for tensors in trained]
            for part in range(0, len(before), size):
                own = before[part : part + size].double()
                rows = torch.stack([tensor[part : part + size].double() for tensor in after]) - own
                products += rows @ rows.T
                length += own.square().sum()
                progress.advance(len(own))
    return Updates(tuple(components), products.numpy(), float(length.sqrt()), parameters)
