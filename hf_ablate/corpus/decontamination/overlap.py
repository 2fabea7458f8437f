"""What makes two texts overlap: a run of words, or a paragraph. Each becomes a 64-bit hash."""

import re
from hashlib import blake2b
from zlib import crc32

import numpy as np


# Runs of word characters; where words are not set apart (Chinese, Japanese), characters.
_ALONE = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[^\W{_ALONE}]+|[{_ALONE}]")
_MARK_OR_WORD = re.compile(rf"{_WORD.pattern}|[^\w\s]")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def overlap_hashes(text: str, by: str, size: int) -> np.ndarray:
    """The hashes of everything in a text that another one may not share with it.

    Args:
        text (`str`): the text.
        by (`str`): "ngrams": `size` words in a row, whatever their case and the marks between them. "paragraphs":
            lines of at least `size` words and marks, some word among them: PALOMA's rule
            (https://huggingface.co/papers/2312.10523).
        size (`int`): in words.

    Returns:
        `np.ndarray` of uint64, in the order of the text.
    """
    if by == "paragraphs":
        hashes = [int.from_bytes(blake2b(line.encode(), digest_size=8).digest(), "little")
                  for line in _paragraphs(text, size)]  # fmt: skip
        return np.array(hashes, np.uint64)
    words = _WORD.findall(text.lower())
    if len(words) < size:
        return np.empty(0, np.uint64)
    single = _mix(np.fromiter((crc32(word.encode("utf-8", "replace")) for word in words), np.uint64, len(words)))
    runs = len(words) - size + 1
    total = np.zeros(runs, np.uint64)
    with np.errstate(over="ignore"):
        for place in range(size):
            total = total * _FACTOR + single[place : place + runs]
    return _mix(total)


def overlap_text(text: str, by: str, size: int, place: int) -> str:
    """What the hash at a place of [`overlap_hashes`] stands for.

    Example:

    ```python
    >>> overlap_text("The cat, the hat.", "ngrams", 3, 1)
    'cat the hat'

    ```
    """
    if by == "paragraphs":
        return _paragraphs(text, size)[place]
    return " ".join(_WORD.findall(text.lower())[place : place + size])


def _paragraphs(text: str, size: int) -> list[str]:
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if len(_MARK_OR_WORD.findall(line)) >= size and _WORD.search(line)]


def _mix(values: np.ndarray) -> np.ndarray:
    """SplitMix64: spreads values over all 64 bits."""
    with np.errstate(over="ignore"):
        values = values + _FACTOR
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))
