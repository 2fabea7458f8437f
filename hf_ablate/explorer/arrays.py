"""Arrays in a page: numbers of one type as text that `js/arrays.js` turns into typed arrays."""

import base64
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np


# The types that JavaScript has typed arrays of, but for 64-bit integers, which are not numbers there.
_TYPES = ("float64", "float32", "int32", "uint32", "int16", "uint16", "int8", "uint8")

# Numbers with nothing in common but how large they are come shorter without a search for what repeats.
_STRATEGIES = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY)
# Base85, which is a sixteenth shorter than base64, without the characters that mean something in HTML.
_OF_PAGE = str.maketrans("<>&", ",.:")


def packed(array: np.ndarray) -> dict[str, Any]:
    """An array as a JSON object, which `unpackArrays` of the page turns into a typed array again.

    Numbers are compressed with their first bytes together, then their second bytes, and so on: neighbours differ in
    their last bytes alone, which so do not keep the others from being compressed.

    Args:
        array (`np.ndarray`): of any shape, and of a type that JavaScript has a typed array of.

    Returns:
        `dict[str, Any]`: `shape`, `dtype` and `data`.

    Raises:
        `ValueError`: for another type.

    Example:

    ```python
    >>> packed(np.zeros((2, 3)))
    {'shape': [2, 3], 'dtype': 'float64', 'data': 'Y2AgDQAA'}

    ```
    """
    if array.dtype.name not in _TYPES:
        raise ValueError(f"JavaScript has no typed array of {array.dtype.name}")
    numbers = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    planes = [plane.tobytes() for plane in numbers.reshape(-1, 1).view(np.uint8).T]
    data = min(_deflated(planes), _deflated([b"".join(planes)]), key=len)
    return {
        "shape": list(array.shape), "dtype": array.dtype.name, "data": base64.b64encode(data).decode("ascii")
    }  # fmt: skip


def page_text(data: bytes) -> str:
    """Bytes as text that can stand in a page, which `inflatedText` of the page turns into text again.

    Args:
        data (`bytes`): of any kind.
    """
    return base64.b85encode(_deflated([data])).decode("ascii").translate(_OF_PAGE)


def _deflated(parts: list[bytes]) -> bytes:
    """Raw deflate of parts, each in the way that takes least room."""
    flushes = [zlib.Z_SYNC_FLUSH] * (len(parts) - 1) + [zlib.Z_FINISH]
    with ThreadPoolExecutor(len(_STRATEGIES)) as threads:  # zlib runs beside other threads

        def smallest(part: bytes, flush: int) -> bytes:
            return min(threads.map(partial(_deflated_by, part, flush), _STRATEGIES), key=len)

        return b"".join(map(smallest, parts, flushes))


def _deflated_by(part: bytes, flush: int, strategy: int) -> bytes:
    compressor = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS, memLevel=9, strategy=strategy)
    return compressor.compress(part) + compressor.flush(flush)
