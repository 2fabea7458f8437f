"""The tokenised documents of all tasks, and those of one group in their stable order."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .encode import DOCUMENT, SAMPLES
from .groups import Groups


class Encoded:
    """Tokenised documents on disk.

    Args:
        folder (`Path`): where `encode_task` wrote them.
        groups (`Groups`): the groups.
    """

    def __init__(self, folder: Path, groups: Groups) -> None:
        self.folder = folder
        self.groups = groups
        self._parts: list[tuple[str, int]] = []
        self._rows: list[list[np.ndarray]] = []
        self.dtype = np.dtype("<u2")

    def add(self, parts: list[tuple[str, int]], dtype: np.dtype) -> None:
        """Take in the output of jobs, given as (name, number of the task)."""
        self._parts += parts
        self.dtype = dtype

    def _documents(self, name: str) -> np.ndarray:
        return np.memmap(self.folder / f"{name}.documents", DOCUMENT, "r")

    def count_tokens(self, duplicates: dict[int, np.ndarray]) -> np.ndarray:
        """The tokens of each group, without duplicates; the EOS after each document counts."""
        self.duplicates = duplicates
        self._rows = []
        total = np.zeros(len(self.groups.groups))
        for name, task in self._parts:
            documents = self._documents(name)
            kept = documents[~duplicates[task][documents["record"]]]
            total += np.bincount(kept["group"], weights=kept["tokens"], minlength=len(total))
        return total.astype(np.int64)

    def overlaps(self) -> dict[str, np.ndarray]:
        """The hashes of removed documents that overlap with evaluation sets, by place, such as `sympy/train`."""
        found: dict[str, list[np.ndarray]] = {}
        for name, task in self._parts:
            documents = self._documents(name)
            removed = documents[(documents["overlap"] != 0) & ~self.duplicates[task][documents["record"]]]
            for group in np.unique(removed["group"]).tolist():
                hashes = removed["overlap"][removed["group"] == group]
                found.setdefault(self.groups.place(group), []).append(hashes)
        return {place: np.concatenate(parts) for place, parts in sorted(found.items())}

    def samples(self) -> dict[str, list[dict]]:
        """The first few of these documents, by place."""
        found: dict[str, list[dict]] = {}
        for name, _ in self._parts:
            facts = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            for group, samples in facts["samples"].items():
                found.setdefault(self.groups.place(int(group)), []).extend(samples)
        return {place: samples[:SAMPLES] for place, samples in sorted(found.items())}

    def of_group(self, group: int) -> "GroupDocuments":
        """The documents of a group, duplicates left out, in their stable order."""
        self._rows = self._rows or [self._rows_by_group(name, task) for name, task in self._parts]
        columns, parts = [], []
        for number, ((name, _), rows) in enumerate(zip(self._parts, self._rows, strict=True)):
            if len(rows[group]):
                columns.append(self._documents(name)[rows[group]])
                parts.append(np.full(len(rows[group]), number, np.uint32))
        if not columns:
            return GroupDocuments(self.folder, [], np.empty(0, DOCUMENT), np.empty(0, np.uint32), self.dtype)
        documents, part = np.concatenate(columns), np.concatenate(parts)
        ranked = np.lexsort((documents["content"], documents["order"]))
        return GroupDocuments(
            self.folder, [name for name, _ in self._parts], documents[ranked], part[ranked], self.dtype
        )

    def _rows_by_group(self, name: str, task: int) -> list[np.ndarray]:
        """The documents of a part that count, for each group: there are many groups, and reading a part is slow."""
        documents = self._documents(name)
        clean = (documents["overlap"] == 0) & ~self.duplicates[task][documents["record"]]
        rows = np.flatnonzero(clean).astype(np.uint32)
        rows = rows[np.argsort(documents["group"][rows], kind="stable")]
        return np.split(rows, np.searchsorted(documents["group"][rows], np.arange(1, len(self.groups.groups))))


class GroupDocuments:
    """The documents of one group in order: their sizes in memory, tokens and texts on disk."""

    def __init__(self, folder: Path, names: list[str], entries: np.ndarray, part: np.ndarray, dtype: np.dtype) -> None:
        self.entries = entries
        self._folder, self._names, self._part, self._dtype = folder, names, part, dtype

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def num_tokens(self) -> int:
        return int(self.entries["tokens"].sum())

    def first(self, limit: int, unit: str) -> "GroupDocuments":
        """The shortest beginning that holds `limit` tokens or bytes (`unit`), or all documents."""
        count = int(np.searchsorted(np.cumsum(self.entries[unit], dtype=np.int64), limit)) + 1
        return GroupDocuments(self._folder, self._names, self.entries[:count], self._part[:count], self._dtype)

    def tokens(self) -> Iterator[np.ndarray]:
        """The tokens of document after document, each ending with EOS."""
        maps = {
            part: np.memmap(self._folder / f"{self._names[part]}.tokens", self._dtype, "r")
            for part in np.unique(self._part).tolist()
        }
        for part, start, count in zip(
            self._part.tolist(), self.entries["start"].tolist(), self.entries["tokens"].tolist(), strict=True
        ):
            yield maps[part][start : start + count]

    def rows(self) -> Iterator[dict]:
        """The {"text", "id"} rows of document after document."""
        for part, start, size in zip(self._part, self.entries["row_start"], self.entries["row_bytes"], strict=True):
            with open(self._folder / f"{self._names[part]}.rows", "rb") as file:
                file.seek(int(start))
                yield json.loads(file.read(int(size)))
