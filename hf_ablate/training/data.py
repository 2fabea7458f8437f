"""Token blocks as the `Trainer` takes them: read from memory-mapped Arrow files, converted per batch."""

from pathlib import Path

import numpy as np
import torch

from ..corpus.blocks import load_blocks


class BlockFile:
    """The training blocks of a unit or of the seed, memory-mapped: nothing is read before it is used."""

    def __init__(self, folder: Path) -> None:
        column = load_blocks(folder, "train").data.column("input_ids")
        self._chunks = [
            chunk.flatten().to_numpy(zero_copy_only=True).reshape(len(chunk), -1)
            for chunk in column.chunks
            if len(chunk)
        ]
        self._starts = np.cumsum([0, *(len(chunk) for chunk in self._chunks)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def block_size(self) -> int:
        """Tokens in a block."""
        return self._chunks[0].shape[1]

    def __getitem__(self, row: int) -> np.ndarray:
        chunk = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._chunks[chunk][row - self._starts[chunk]]


class OrderedBlocks(torch.utils.data.Dataset):
    """The blocks of several units in the order of a training run.

    Args:
        units (`list[BlockFile]`): what the first column of `order` counts.
        order (`np.ndarray`): from [`block_order`].
    """

    def __init__(self, units: list[BlockFile], order: np.ndarray) -> None:
        self.units = units
        self.order = order

    def __len__(self) -> int:
        return len(self.order)

    def __getitems__(self, positions: list[int]) -> np.ndarray:
        """A whole batch at once, shape (len(positions), block_size), in the dtype of the files."""
        return np.stack([self.units[unit][row] for unit, row in self.order[positions].tolist()])


def collate(blocks: np.ndarray) -> dict[str, torch.Tensor]:
    """A batch for a causal language model, which shifts the labels itself.

    Args:
        blocks (`np.ndarray`): [blocks, block_size], token ids of any integer dtype.

    Returns:
        `dict[str, torch.Tensor]`: `input_ids` and `labels`, the same [blocks, block_size], int64.
    """
    input_ids = torch.from_numpy(blocks.astype(np.int64))
    return {"input_ids": input_ids, "labels": input_ids}
