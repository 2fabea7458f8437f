"""Windows of similar length in one batch, padded on the right to the longest of them.

Causal attention never looks to the right, so no attention mask is needed, and the fast attention kernels apply. As
batches are cut by length, at most a ninth of a large one is padding, and next to nothing where documents are longer
than a window: packing several documents into a row, for kernels that take their bounds, has no more than that to win.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from ..text.windows import TokenStream, Windows


_CHEAP_PADDING, _MOST_PADDING = 64, 1 / 8


@dataclass(frozen=True)
class Batch:
    """What a model reads of some windows, and what it predicts.

    Args:
        input_ids (`torch.Tensor`): [windows, width], int64; padding is token 0.
        rows (`torch.Tensor`, *optional*): [predicted tokens], int64, the places of the flattened input whose output
            predicts a token of the windows; none where all do.
        targets (`torch.Tensor`): [predicted tokens], int64, the tokens themselves.
        positions (`torch.Tensor`): [predicted tokens], int64, their places in the stream.
    """

    input_ids: torch.Tensor
    rows: torch.Tensor | None
    targets: torch.Tensor
    positions: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same on a device, copied without waiting for it."""
        return Batch(*(None if tensor is None else _copy(tensor, device) for tensor in vars(self).values()))


def _copy(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """On a device; from pinned memory the copy to a GPU does not hold up what is computed there."""
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def make_batch(stream: TokenStream, windows: Windows, multiple: int = 1) -> Batch:
    """The batch of some windows, on the CPU.

    Args:
        stream (`TokenStream`): the text.
        windows (`Windows`): of the stream, all in this batch.
        multiple (`int`): of which the width is, so that there are few widths.

    Example:

    ```python
    >>> stream = TokenStream.of([np.array([5, 6, 7]), np.array([8])], prefix=0)
    >>> windows = Windows(start=np.array([0, 4]), length=np.array([3, 1]), predicted=np.array([2, 1]))
    >>> batch = make_batch(stream, windows)
    >>> batch.input_ids.tolist(), batch.rows.tolist(), batch.targets.tolist(), batch.positions.tolist()
    ([[0, 5, 6], [0, 0, 0]], [1, 2, 3], [6, 7, 8], [2, 3, 5])

    ```
    """
    start, length = windows.start[:, None], windows.length[:, None]
    column = np.arange(-(-int(length.max()) // multiple) * multiple)
    is_input = column < length
    inputs = np.where(is_input, stream.tokens[np.minimum(start + column, len(stream.tokens) - 1)], 0)
    is_output = is_input & (column >= length - windows.predicted[:, None])
    positions = (start + column + 1)[is_output]
    return Batch(
        input_ids=torch.from_numpy(inputs).long(),
        rows=None if is_output.all() else torch.from_numpy(np.flatnonzero(is_output)),
        targets=torch.from_numpy(stream.tokens[positions]).long(),
        positions=torch.from_numpy(positions),
    )


def batches_by_length(
    lengths: np.ndarray, batch_tokens: int, cheap_padding: int = _CHEAP_PADDING
) -> Iterator[np.ndarray]:
    """Window numbers of each batch, longest first; a batch, padded to its longest window, has at most `batch_tokens`.

    Little of it is padding: where lengths differ much, a smaller batch costs less.

    Args:
        lengths (`np.ndarray`): [windows], tokens of each, int.
        batch_tokens (`int`): most tokens in a batch, padding included; a longer window has a batch of its own.
        cheap_padding (`int`): tokens of padding that cost less than another batch.

    Returns:
        `Iterator[np.ndarray]`: [windows of the batch], their numbers, int64.

    Example:

    ```python
    >>> [batch.tolist() for batch in batches_by_length(np.array([2, 8, 7, 1]), batch_tokens=16)]
    [[1, 2], [0, 3]]

    ```
    """
    order = np.argsort(-lengths, kind="stable")
    sorted_lengths, first = lengths[order], 0
    while first < len(order):
        width = int(sorted_lengths[first])
        some = sorted_lengths[first : first + max(1, batch_tokens // width)]
        tokens = np.cumsum(some)
        padding = width * np.arange(1, len(some) + 1) - tokens
        size = int(np.flatnonzero(padding <= np.maximum(cheap_padding, tokens * _MOST_PADDING))[-1]) + 1
        yield order[first : first + size]
        first += size
