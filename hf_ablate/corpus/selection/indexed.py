"""The documents that were read, each with its portion, and which of them are duplicates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .duplicates import find_duplicates
from .index import Index
from .index_task import Task
from .membership import Membership
from .ranges import range_of


@dataclass(frozen=True)
class IndexedDocuments:
    """The documents that were read so far.

    Args:
        index (`Index`): their records.
        members (`Membership`): the portion of each.
        duplicates (`Mapping[int, np.ndarray]`): number of a task → whether each of its records is a duplicate.
    """

    index: Index
    members: Membership
    duplicates: Mapping[int, np.ndarray]

    def tasks(self) -> Iterator[tuple[Task, np.ndarray, np.ndarray]]:
        """The records of every task.

        Returns:
            `Iterator`: (task, its records, the portion of each); arrays of shape (documents,), `RECORD` and integers.
        """
        for task in self.index.tasks:
            records = self.index.records_of(task)
            yield task, records, self.members.portions_of(self.index.keys_of(task), records)

    def selected(self, done: np.ndarray, limit: np.ndarray) -> Iterator[tuple[Task, np.ndarray, np.ndarray]]:
        """What each portion has between two places of the stable order, duplicates left out.

        Args:
            done (`np.ndarray`): the first range of each portion, shape (portions,).
            limit (`np.ndarray`): the range after its last, shape (portions,).

        Returns:
            `Iterator`: (task, numbers of the selected records, the portion of each) of every task.
        """
        for task, records, portions in self.tasks():
            chosen = is_between(portions, records["order"], done, limit) & ~self.duplicates[task.number]
            rows = np.flatnonzero(chosen)
            yield task, rows, portions[rows]


def mark_duplicates(index: Index, members: Membership, keep_all: bool) -> IndexedDocuments:
    """The documents of an index, and which are duplicates of others; none, if all are to be kept.

    Args:
        index (`Index`): the records.
        members (`Membership`): which documents are needed.
        keep_all (`bool`): whether duplicates are left in.
    """
    numbers = [task.number for task in index.tasks]
    sizes = [len(index.records_of(task)) for task in index.tasks]
    if keep_all:
        flags = [np.zeros(size, bool) for size in sizes]
        return IndexedDocuments(index, members, dict(zip(numbers, flags, strict=True)))
    plain = IndexedDocuments(index, members, {})

    def parts() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for _, records, portions in plain.tasks():
            yield records["content"], records["order"], portions >= 0

    return IndexedDocuments(index, members, dict(zip(numbers, find_duplicates(parts, sizes), strict=True)))


def is_between(portions: np.ndarray, order: np.ndarray, done: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Whether documents are between two places of their portion's order.

    Args:
        portions (`np.ndarray`): the portion of each document; -1 is never between.
        order (`np.ndarray`): its place in the stable order, 64 bits.
        done (`np.ndarray`): the first range of each portion.
        limit (`np.ndarray`): the range after its last.

    Returns:
        `np.ndarray` of shape (documents,), bool.
    """
    place = range_of(order)
    return (portions >= 0) & (place >= done[portions]) & (place < limit[portions])
