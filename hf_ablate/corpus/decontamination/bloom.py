"""A Bloom filter of 64-bit hashes in a memory-mapped file, which all processes share."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...manifest import atomic_path


_PROBES = 20
_WORST_RATE = 1e-6  # per hash looked up; a document has thousands
_BITS_PER_HASH = 48


class BloomFilter:
    """Whether a hash was added: no false negatives, rare false positives.

    Args:
        path (`Path`): the file, as [`write_filter`] made it.
    """

    def __init__(self, path: Path) -> None:
        self._bits = np.memmap(path, np.uint8, "r")

    def first(self, hashes: np.ndarray) -> int | None:
        """The place of the first hash that was added, or `None`."""
        alive = np.arange(len(hashes))
        for byte, bit in _probes(hashes, len(self._bits)):
            alive = alive[(self._bits[byte[alive]] >> bit[alive]) & 1 == 1]
            if not len(alive):
                return None
        return int(alive[0])


def write_filter(path: Path, hashes: Iterable[np.ndarray], count: int, most_bytes: int) -> float:
    """Write a filter of hashes.

    Args:
        path (`Path`): the file.
        hashes (`Iterable[np.ndarray]`): arrays of uint64.
        count (`int`): how many hashes there are in all.
        most_bytes (`int`): the most memory that the filter may take, in bytes.

    Returns:
        `float`: the rate of false positives per hash.

    Raises:
        `InputError`: if that rate would be more than one in a million.
    """
    wanted = 1 << max(10, math.ceil(math.log2(max(1, count) * _BITS_PER_HASH / 8)))
    size = min(wanted, 1 << int(math.log2(most_bytes)))
    rate = (1 - math.exp(-_PROBES * count / (8 * size))) ** _PROBES
    if rate > _WORST_RATE:
        raise InputError(
            f"the evaluation sets hold {count:,} n-grams or paragraphs: too many for `filter_bytes` {most_bytes:,}; "
            f"set it to {wanted:,}, or split the evaluation sets over several runs"
        )
    with atomic_path(path) as temporary:
        with open(temporary, "r+b") as file:
            file.truncate(size)
        bits = np.memmap(temporary, np.uint8, "r+")
        for chunk in hashes:
            for byte, bit in _probes(chunk, size):
                np.bitwise_or.at(bits, byte, np.uint8(1) << bit)
        bits.flush()
    return rate


def _probes(hashes: np.ndarray, size: int):
    """(byte, bit) arrays, one pair per probe; by double hashing. `size` is a power of two."""
    step = (hashes >> np.uint64(17)) | np.uint64(1)
    with np.errstate(over="ignore"):
        for probe in range(_PROBES):
            place = (hashes + np.uint64(probe) * step) & np.uint64(8 * size - 1)
            yield (place >> np.uint64(3)).astype(np.int64), (place & np.uint64(7)).astype(np.uint8)
