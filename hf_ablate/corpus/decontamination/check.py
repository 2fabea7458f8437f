"""The check of a document against everything that is evaluated on: a filter made once, read by all processes."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ...manifest import write_json
from .bloom import BloomFilter, write_filter
from .overlap import OverlapRule, overlap_hashes, overlap_text


_BUFFER = 1 << 18


@dataclass(frozen=True)
class OverlapCheck:
    """What evaluation sets contain, on disk.

    Args:
        folder (`Path`): where it is written.
        rule (`OverlapRule`): what counts as overlap.
    """

    folder: Path
    rule: OverlapRule

    @property
    def _summary_file(self) -> Path:
        return self.folder / "sets.json"

    @property
    def is_written(self) -> bool:
        """Whether it is complete."""
        return self._summary_file.is_file()

    def write(self, sets: Iterable[tuple[str, Iterable[str]]], most_bytes: int) -> None:
        """Write the hashes of evaluation sets, the filter of all of them and, last, `sets.json`.

        Args:
            sets (`Iterable`): (name, texts) of each evaluation set.
            most_bytes (`int`): how large the filter may be.

        Raises:
            `InputError`: if the sets hold too much for the filter.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        counts = {}
        for number, (name, texts) in enumerate(sets):
            with open(self.folder / f"{number:05}.hashes", "wb") as file:
                counts[name] = _write_hashes(file, texts, self.rule)
        total = sum(entry["hashes"] for entry in counts.values())
        parts = (part for number in range(len(counts)) for part in self.hashes_of(number))
        rate = write_filter(self.folder / "filter", parts, total, most_bytes)
        write_json(self._summary_file, {"sets": counts, "false_positive_rate": rate})

    def summary(self) -> dict[str, Any]:
        """`sets` (name → documents, documents too short to be looked for, hashes) and `false_positive_rate`."""
        return json.loads(self._summary_file.read_text(encoding="utf-8"))

    def hashes_of(self, number: int) -> Iterator[np.ndarray]:
        """The hashes of an evaluation set, in parts.

        Returns:
            `Iterator[np.ndarray]`: arrays of shape (up to 262,144,), uint64.
        """
        path = self.folder / f"{number:05}.hashes"
        hashes = np.memmap(path, np.uint64, "r") if path.stat().st_size else np.empty(0, np.uint64)
        for start in range(0, len(hashes), _BUFFER):
            yield np.asarray(hashes[start : start + _BUFFER])


def _write_hashes(file, texts: Iterable[str], rule: OverlapRule) -> dict[str, int]:
    documents = too_short = count = 0
    for text in texts:
        hashes = overlap_hashes(text, rule)
        file.write(hashes.tobytes())
        documents += 1
        too_short += not len(hashes)
        count += len(hashes)
    return {"documents": documents, "too_short": too_short, "hashes": count}


def find_overlap(check: OverlapCheck, text: str) -> tuple[int, str] | None:
    """(hash, what is shared) of the first overlap of a text with the evaluation sets, or `None`."""
    hashes = overlap_hashes(text, check.rule)
    place = _open_filter(check.folder).first(hashes)
    return None if place is None else (int(hashes[place]), overlap_text(text, check.rule, place))


@lru_cache(maxsize=1)
def _open_filter(folder: Path) -> BloomFilter:
    """The filter, opened once in a process."""
    return BloomFilter(folder / "filter")
