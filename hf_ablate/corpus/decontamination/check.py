"""The check of a document against everything that is evaluated on: a filter made once, read by all processes."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...manifest import write_json
from ..arguments import PartitionArguments
from .bloom import BloomFilter, write_filter
from .overlap import overlap_hashes, overlap_text


_BUFFER = 1 << 18
_FACTS = "sets.json"


def write_check(folder: Path, sets: Iterable[tuple[str, Iterable[str]]], arguments: PartitionArguments) -> None:
    """Write what evaluation sets contain: their hashes, the filter and, last, `sets.json`.

    Args:
        folder (`Path`): where to.
        sets (`Iterable`): (name, texts) of each evaluation set.
        arguments (`PartitionArguments`): what counts as overlap, and how large the filter may be.

    Raises:
        `InputError`: if the sets hold too much for the filter.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = {}
    for number, (name, texts) in enumerate(sets):
        with open(folder / f"{number:05}.hashes", "wb") as file:
            facts[name] = _write_hashes(file, texts, arguments)
    count = sum(entry["hashes"] for entry in facts.values())
    parts = (part for number in range(len(facts)) for part in hashes_of(folder, number))
    rate = write_filter(folder / "filter", parts, count, arguments.filter_bytes)
    write_json(folder / _FACTS, {"sets": facts, "false_positive_rate": rate})


def _write_hashes(file, texts: Iterable[str], arguments: PartitionArguments) -> dict[str, int]:
    documents = too_short = count = 0
    for text in texts:
        hashes = overlap_hashes(text, arguments.decontaminate_by, arguments.ngram_size)
        file.write(hashes.tobytes())
        documents += 1
        too_short += not len(hashes)
        count += len(hashes)
    return {"documents": documents, "too_short": too_short, "hashes": count}


def hashes_of(folder: Path, number: int) -> Iterable[np.ndarray]:
    """The hashes of an evaluation set, in parts."""
    path = folder / f"{number:05}.hashes"
    hashes = np.memmap(path, np.uint64, "r") if path.stat().st_size else np.empty(0, np.uint64)
    for start in range(0, len(hashes), _BUFFER):
        yield np.asarray(hashes[start : start + _BUFFER])


def is_written(folder: Path) -> bool:
    """Whether the filter is complete."""
    return (folder / _FACTS).is_file()


class Check:
    """Finds overlap with the evaluation sets.

    Args:
        folder (`Path`): what [`write_check`] wrote.
        by (`str`): ngrams or paragraphs.
        size (`int`): in words.
    """

    def __init__(self, folder: Path, by: str, size: int) -> None:
        self._filter = BloomFilter(folder / "filter")
        self._by, self._size = by, size

    def find(self, text: str) -> tuple[int, str] | None:
        """(hash, what it stands for) of the first overlap, or None."""
        hashes = overlap_hashes(text, self._by, self._size)
        place = self._filter.first(hashes)
        if place is None:
            return None
        return int(hashes[place]), overlap_text(text, self._by, self._size, place)


@lru_cache(maxsize=1)
def load_check(folder: Path, by: str, size: int) -> Check:
    """The check, opened once in a process."""
    return Check(folder, by, size)
