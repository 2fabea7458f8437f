"""Token blocks: the fixed-length rows that models are trained on, as memory-mapped Arrow files."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..manifest import atomic_path
from .splits import BLOCK_FILES


if TYPE_CHECKING:
    from datasets import Dataset


_FILE_TOKENS = 1 << 28
_BATCH_TOKENS = 1 << 20


def token_dtype(vocab_size: int) -> np.dtype:
    """The smallest unsigned type that holds every token id: uint16 up to 65,536 entries."""
    return np.dtype("<u2" if vocab_size <= 1 << 16 else "<u4")


def load_blocks(folder: Path, split: str = "train") -> "Dataset":
    """The token blocks of a unit, memory-mapped: nothing is read until rows are asked for.

    Args:
        folder (`Path`): such as `runs/<study>/corpus/units/<unit>`.
        split (`str`): train, val or test.

    Returns:
        `datasets.Dataset` with the column `input_ids`, lists of `block_size` token ids.

    Raises:
        `InputError`: if the folder has no blocks.
    """
    from datasets import Dataset, concatenate_datasets

    pattern = f"{BLOCK_FILES[split]}-*.arrow"
    files = sorted(folder.glob(pattern))
    if not files:
        raise InputError(f"{folder} has no token blocks ({pattern}); run `hf-ablate partition` first")
    parts = [Dataset.from_file(str(file)) for file in files]
    return concatenate_datasets(parts) if len(parts) > 1 else parts[0]


def write_blocks(
    folder: Path, split: str, tokens: Iterable[np.ndarray], num_blocks: int, block_size: int, dtype: np.dtype
) -> str:
    """Write the first `num_blocks` blocks of a stream of tokens; what the last block does not take is not written.

    Args:
        folder (`Path`): where `train-00000-of-00001.arrow` and so on go.
        split (`str`): train, val or test.
        tokens (`Iterable[np.ndarray]`): token ids of document after document, at least `num_blocks * block_size`.
        num_blocks (`int`): the number of blocks.
        block_size (`int`): the tokens in a block.
        dtype (`np.dtype`): the type of a token id.

    Returns:
        `str`: the digest of the token ids and of the shape, independent of the version of the file format.
    """
    state = hashlib.sha256(f"{dtype.str} {block_size} {num_blocks}\0".encode())
    batches = _batches(tokens, num_blocks, block_size, dtype)
    per_file = max(1, _FILE_TOKENS // _BATCH_TOKENS) * _batch_blocks(block_size)
    num_files = max(1, -(-num_blocks // per_file))
    for number in range(num_files):
        remaining = min(per_file, num_blocks - number * per_file)
        with atomic_path(folder / f"{BLOCK_FILES[split]}-{number:05}-of-{num_files:05}.arrow") as path:
            _write_file(path, batches, remaining, block_size, dtype, state)
    return state.hexdigest()[:32]


def _write_file(path: Path, batches: Iterator[np.ndarray], remaining: int, block_size: int, dtype: np.dtype, state):
    import pyarrow as pa

    schema = _schema(block_size, dtype)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        while remaining:
            batch = next(batches)
            state.update(batch.tobytes())
            values = pa.array(batch.reshape(-1))
            column = pa.FixedSizeListArray.from_arrays(values, block_size)
            writer.write_batch(pa.record_batch([column], schema=schema))
            remaining -= len(batch)


def _schema(block_size: int, dtype: np.dtype):
    """The Arrow schema with the metadata by which `datasets` knows the features; made here to not import it."""
    import pyarrow as pa

    kind = "uint16" if dtype.itemsize == 2 else "uint32"
    feature = {"feature": {"dtype": kind, "_type": "Value"}, "length": block_size, "_type": "List"}
    metadata = {"huggingface": json.dumps({"info": {"features": {"input_ids": feature}}})}
    return pa.schema([("input_ids", pa.list_(pa.from_numpy_dtype(dtype), block_size))], metadata=metadata)


def _batch_blocks(block_size: int) -> int:
    return max(1, _BATCH_TOKENS // block_size)


def _batches(tokens: Iterable[np.ndarray], num_blocks: int, block_size: int, dtype: np.dtype) -> Iterator[np.ndarray]:
    """Arrays of shape (up to a batch, block_size), `num_blocks` rows in all."""
    stream = iter(tokens)
    rest = np.empty(0, dtype)
    for done in range(0, num_blocks, _batch_blocks(block_size)):
        blocks = min(_batch_blocks(block_size), num_blocks - done)
        batch = np.empty(blocks * block_size, dtype)
        filled = 0
        while filled < len(batch):
            if not len(rest):
                rest = next(stream)
            taken = min(len(rest), len(batch) - filled)
            batch[filled : filled + taken] = rest[:taken]
            rest = rest[taken:]
            filled += taken
        yield batch.reshape(blocks, block_size)
