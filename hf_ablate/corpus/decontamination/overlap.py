"""What makes two texts overlap: a run of words, or a paragraph. Each becomes a 64-bit hash."""

import re
from dataclasses import dataclass
from hashlib import blake2b
from zlib import crc32

import numpy as np


# Runs of word characters; where words are not set apart (Chinese, Japanese), characters.
_ALONE = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[^\W{_ALONE}]+|[{_ALONE}]")
_MARK_OR_WORD = re.compile(rf"{_WORD.pattern}|[^\w\s]")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class OverlapRule:
    """What counts as overlap.

    Args:
        by (`str`): `ngrams`: `size` words in a row, whatever their case and the marks between them. `paragraphs`:
            lines of at least `size` words and marks, some word among them: PALOMA's rule
            (https://huggingface.co/papers/2312.10523).
        size (`int`): in words.
    """

    by: str
    size: int

    def __str__(self) -> str:
        return f"{self.size} words in a row" if self.by == "ngrams" else f"a paragraph of at least {self.size} words"


def overlap_hashes(text: str, rule: OverlapRule) -> np.ndarray:
    """The hashes of everything in a text that another one may not share with it.

    Returns:
        `np.ndarray` of shape (runs of words or paragraphs,), uint64, in the order of the text.
    """
    size = rule.size
    if rule.by == "paragraphs":
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


def overlap_text(text: str, rule: OverlapRule, place: int) -> str:
    """The part of a text that a hash of [`overlap_hashes`] is of.

    Args:
        text (`str`): the text.
        rule (`OverlapRule`): what counts as overlap.
        place (`int`): the place of the hash.

    Example:

    ```python
    >>> overlap_text("The cat, the hat.", OverlapRule("ngrams", 3), 1)
    'cat the hat'

    ```
    """
    if rule.by == "paragraphs":
        return _paragraphs(text, rule.size)[place]
    return " ".join(_WORD.findall(text.lower())[place : place + rule.size])


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
