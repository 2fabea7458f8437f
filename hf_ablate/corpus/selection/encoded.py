"""The tokenised documents of all tasks, and those of one portion in their stable order."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from .encode import DOCUMENT, SAMPLES
from .portions import Portions


@dataclass(frozen=True)
class EncodedDocuments:
    """Tokenised documents on disk.

    Args:
        folder (`Path`): where `encode_task` wrote them.
        parts (`tuple[tuple[str, int], ...]`): the output of each job: (name, number of the task).
        duplicates (`Mapping[int, np.ndarray]`): number of a task → whether each of its records is a duplicate.
        portions (`Portions`): what the documents are needed for.
        shares (`np.ndarray`): the share of each portion's text that was tokenised, shape (portions,).
        dtype (`np.dtype`): the type of a token id.
    """

    folder: Path
    parts: tuple[tuple[str, int], ...]
    duplicates: Mapping[int, np.ndarray]
    portions: Portions
    shares: np.ndarray
    dtype: np.dtype

    def count_tokens(self) -> np.ndarray:
        """The tokens of each portion, without duplicates; the EOS after each document counts.

        Returns:
            `np.ndarray` of shape (portions,), int64.
        """
        total = np.zeros(len(self.portions.all))
        for name, task in self.parts:
            documents = self._read(name)
            kept = documents[~self.duplicates[task][documents["record"]]]
            total += np.bincount(kept["portion"], weights=kept["tokens"], minlength=len(total))
        return total.astype(np.int64)

    def overlaps(self) -> dict[str, np.ndarray]:
        """The removed documents that overlap with evaluation sets.

        Returns:
            `dict[str, np.ndarray]`: place, such as `sympy/train` → hashes that they share, uint64.
        """
        hashes_of: dict[str, list[np.ndarray]] = {}
        for name, task in self.parts:
            documents = self._read(name)
            removed = documents[(documents["overlap"] != 0) & ~self.duplicates[task][documents["record"]]]
            for portion in np.unique(removed["portion"]).tolist():
                hashes = removed["overlap"][removed["portion"] == portion]
                hashes_of.setdefault(self.portions.place(portion), []).append(hashes)
        return {place: np.concatenate(parts) for place, parts in sorted(hashes_of.items())}

    def samples(self) -> dict[str, list[dict]]:
        """The first few of these documents, by place."""
        samples_of: dict[str, list[dict]] = {}
        for name, _ in self.parts:
            summary = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            for portion, samples in summary["samples"].items():
                samples_of.setdefault(self.portions.place(int(portion)), []).extend(samples)
        return {place: samples[:SAMPLES] for place, samples in sorted(samples_of.items())}

    def of_portion(self, portion: int) -> "PortionDocuments":
        """The documents of a portion, duplicates left out, in their stable order."""
        columns, parts = [], []
        for number, ((name, _), rows) in enumerate(zip(self.parts, self._rows, strict=True)):
            if len(rows[portion]):
                columns.append(self._read(name)[rows[portion]])
                parts.append(np.full(len(rows[portion]), number, np.uint32))
        documents = np.concatenate([np.empty(0, DOCUMENT), *columns])
        part = np.concatenate([np.empty(0, np.uint32), *parts])
        ranked = np.lexsort((documents["content"], documents["order"]))
        names = [name for name, _ in self.parts]
        available = round(int(documents["tokens"].sum()) / max(float(self.shares[portion]), 1e-12))
        return PortionDocuments(self.folder, names, documents[ranked], part[ranked], available, self.dtype)

    def _read(self, name: str) -> np.ndarray:
        return np.memmap(self.folder / f"{name}.documents", DOCUMENT, "r")

    @cached_property
    def _rows(self) -> list[list[np.ndarray]]:
        """The documents of each part that count, by portion: there are many portions, and reading a part is slow."""
        return [self._rows_by_portion(name, task) for name, task in self.parts]

    def _rows_by_portion(self, name: str, task: int) -> list[np.ndarray]:
        documents = self._read(name)
        clean = (documents["overlap"] == 0) & ~self.duplicates[task][documents["record"]]
        rows = np.flatnonzero(clean).astype(np.uint32)
        rows = rows[np.argsort(documents["portion"][rows], kind="stable")]
        return np.split(rows, np.searchsorted(documents["portion"][rows], np.arange(1, len(self.portions.all))))


@dataclass(frozen=True)
class PortionDocuments:
    """The documents of one portion in order: their sizes in memory, tokens and texts on disk.

    Args:
        folder (`Path`): where the output of jobs is.
        names (`list[str]`): the jobs.
        entries (`np.ndarray`): the documents, `DOCUMENT`.
        part (`np.ndarray`): the place in `names` of each document's job.
        available_tokens (`int`): of the whole portion; estimated from bytes where not all of it was tokenised.
        dtype (`np.dtype`): the type of a token id.
    """

    folder: Path
    names: list[str]
    entries: np.ndarray
    part: np.ndarray
    available_tokens: int
    dtype: np.dtype

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def num_tokens(self) -> int:
        return int(self.entries["tokens"].sum())

    def first(self, limit: float, unit: str) -> "PortionDocuments":
        """The shortest beginning with at least `limit` tokens or bytes (`unit`), or all documents."""
        count = int(np.searchsorted(np.cumsum(self.entries[unit], dtype=np.int64), limit)) + 1
        return replace(self, entries=self.entries[:count], part=self.part[:count])

    def tokens(self) -> Iterator[np.ndarray]:
        """The tokens of document after document, each ending with EOS.

        Returns:
            `Iterator[np.ndarray]`: arrays of shape (tokens,), `dtype`, memory-mapped.
        """
        maps = {
            part: np.memmap(self.folder / f"{self.names[part]}.tokens", self.dtype, "r")
            for part in np.unique(self.part).tolist()
        }
        for part, start, count in zip(
            self.part.tolist(), self.entries["start"].tolist(), self.entries["tokens"].tolist(), strict=True
        ):
            yield maps[part][start : start + count]

    def rows(self) -> Iterator[dict]:
        """The {"text", "id"} rows of document after document."""
        for part, start, size in zip(self.part, self.entries["row_start"], self.entries["row_bytes"], strict=True):
            with open(self.folder / f"{self.names[part]}.rows", "rb") as file:
                file.seek(int(start))
                yield json.loads(file.read(int(size)))
