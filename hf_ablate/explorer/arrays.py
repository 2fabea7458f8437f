"""Arrays in a page: numbers of one type as text that `js/arrays.js` turns into typed arrays."""

import base64
import zlib
from typing import Any

import numpy as np


# The types that JavaScript has typed arrays of, but for 64-bit integers, which are no numbers there.
_TYPES = ("float64", "float32", "int32", "uint32", "int16", "uint16", "int8", "uint8")


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
    planes = numbers.reshape(-1, 1).view(np.uint8).T.tobytes()
    return {"shape": list(array.shape), "dtype": array.dtype.name, "data": compressed(planes)}


def compressed(data: bytes) -> str:
    """Base64 of raw deflate, which `inflated` of the page turns into bytes again.

    Args:
        data (`bytes`): of any kind.
    """
    compressor = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    return base64.b64encode(compressor.compress(data) + compressor.flush()).decode("ascii")
