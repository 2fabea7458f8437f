"""Stable hashes: all that looks random in a corpus (splits, order, slices) is a function of the document's id alone.

So it does not depend on the order of files, on the number of processes, or on which other documents there are.
"""

from hashlib import blake2b
from typing import NamedTuple


class Draws(NamedTuple):
    """Three independent uniform draws of a document.

    Args:
        order (`int`): 64 bits; documents of a unit are ordered by it, and cut after it.
        fraction (`float`): in [0, 1); decides the split.
        slice (`int`): 32 bits; decides the random slice.
    """

    order: int
    fraction: float
    slice: int


def draws(document_id: str, random_seed: int) -> Draws:
    """The draws of a document.

    Example:

    ```python
    >>> draws("stdlib/json/decoder.py", 0) == draws("stdlib/json/decoder.py", 0)
    True

    ```
    """
    raw = blake2b(document_id.encode("utf-8", "surrogatepass"), digest_size=16, key=str(random_seed).encode()).digest()
    order, fraction, number = raw[:8], raw[8:12], raw[12:]
    return Draws(
        int.from_bytes(order, "little"), int.from_bytes(fraction, "little") / 2**32, int.from_bytes(number, "little")
    )


def content_hash(content: bytes) -> int:
    """64 bits of the content. Among 50 million documents two different ones share it with probability 7e-5."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little")
