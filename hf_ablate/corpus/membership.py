"""Which group each document belongs to, once all documents are known: by the catalog, or by the index."""

from collections.abc import Iterator

import numpy as np

from ..errors import InputError
from .arguments import PartitionArguments
from .budgets import BYTES_PER_TOKEN
from .catalog import Catalog
from .groups import Groups
from .index import Index, Task
from .left_out import LeftOut
from .rules import PartitionRule
from .rules.values import check_all_matched


class Membership:
    """Partitions and groups of a corpus.

    Args:
        arguments (`PartitionArguments`): the partition rule, and which partitions are for what.
        index (`Index`): the documents that were read.
        catalog (`Catalog`, *optional*): for files that are one document each, all that there are.

    Raises:
        `InputError`: if no document has a partition, an entry of a rule matches none, or a named partition is missing.
    """

    def __init__(self, arguments: PartitionArguments, index: Index, catalog: Catalog | None) -> None:
        self._arguments, self._index, self._catalog = arguments, index, catalog
        if catalog:
            keys, matched = catalog.keys, {tuple(entry) for entry in catalog.matched}
        else:
            keys = sorted({key for task in index.tasks for key in index.keys(task)})
            matched = index.matched()
        if not keys:
            raise InputError(f"no document belongs to any partition: {self.left_out().summary()}")
        check_all_matched(arguments, matched)
        self._numbers = {key: number for number, key in enumerate(keys)}
        self.partitions = PartitionRule(arguments).partitions(keys, self._tokens_of_keys(), arguments.unit_tokens)
        self.groups = Groups(self.partitions, arguments)

    def left_out(self) -> LeftOut:
        """All documents that belong to no partition or cannot be used, by reason."""
        total = LeftOut()
        if self._catalog:
            total.merge(self._catalog.left_out.counts)
        total.merge(self._index.left_out().counts)
        return total

    def group_of(self, task: Task, records: np.ndarray) -> np.ndarray:
        """The group of each record of a task."""
        if not len(records):
            return np.empty(0, np.int64)
        return self.groups.of(self._keys_of(task)[records["key"]], records["fraction"])

    def sizes(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(group, order, bytes) of all documents, part by part."""
        for keys, records in self._records():
            yield self.groups.of(keys, records["fraction"]), records["order"], records["bytes"]

    def _records(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        if self._catalog:
            yield self._catalog.records["key"], self._catalog.records
        else:
            for task, records in self._index:
                yield self._keys_of(task)[records["key"]], records

    def _keys_of(self, task: Task) -> np.ndarray:
        return np.array([self._numbers[key] for key in self._index.keys(task)], np.int64)

    def _tokens_of_keys(self) -> list[float]:
        """About how many training tokens each key has."""
        held_out = self._arguments.val_fraction + self._arguments.test_fraction
        total = np.zeros(len(self._numbers))
        for keys, records in self._records():
            is_train = np.where(records["fraction"] < 2, records["fraction"] >= held_out, records["fraction"] == 2)
            total += np.bincount(keys, weights=records["bytes"] * is_train, minlength=len(total))
        return (total / (self._index.bytes_per_token() or BYTES_PER_TOKEN)).tolist()
