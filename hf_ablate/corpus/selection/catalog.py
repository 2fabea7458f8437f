"""The catalog: what is known of files that are one document each before any of them is read.

A corpus of source code has tens of thousands of small files, of which a small study needs few. Name and size decide
partition, split and place in the order, so only the files that the budgets need are ever opened.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from ..hashing import draws
from ..inputs.input_file import InputFile
from ..rules.partition_rule import Key, Leftover, PartitionRule
from .index import Index
from .index_task import ReadSettings
from .left_out import LeftOut
from .records import RECORD


class Catalog:
    """The survey of files that are one document each: their records, without content hashes.

    Args:
        files (`list[InputFile]`): the input files.
        readings (`Mapping[str, ReadSettings]`): of each collection, the rules and limits.
        index (`Index`): takes the files that are read.
    """

    def __init__(self, files: list[InputFile], readings: Mapping[str, ReadSettings], index: Index) -> None:
        rules = {collection: PartitionRule(reading.rules) for collection, reading in readings.items()}
        numbers: dict[Key, int] = {}
        records = []
        self._left_out = LeftOut()
        for place, file in enumerate(files):
            settings = readings[file.collection]
            drawn = draws(file.name, settings.random_seed)
            sorted_out = rules[file.collection].sort_out(file.fields, file.origin, drawn)
            if isinstance(sorted_out, Leftover):
                self._left_out.add(sorted_out.reason, file.size, file.name + sorted_out.value)
                continue
            if file.size > settings.max_document_bytes:
                self._left_out.add("is longer than max_document_bytes", file.size, file.name)
                continue
            key, split = sorted_out
            number = numbers.setdefault(key, len(numbers))
            records.append((drawn.order, 0, drawn.fraction, split, file.size, place, 0, number))
        self._files, self._index = files, index
        self._keys = list(numbers)
        self._matched = {tuple(entry) for rule in rules.values() for entry in rule.matched()}
        self._records = np.array(records, RECORD)

    def keys(self) -> list[Key]:
        """All keys, in the order of the files."""
        return self._keys

    def matched(self) -> set[tuple[str, str, str]]:
        """The entries of rules that matched a file."""
        return self._matched

    def records(self) -> Iterator[tuple[list[Key], np.ndarray]]:
        """The records of all files.

        Returns:
            `Iterator[tuple[list[Key], np.ndarray]]`: the keys that a record's `key` is a place in, and the records:
            shape (documents,), `RECORD`.
        """
        yield self._keys, self._records

    def bytes_per_token(self) -> float | None:
        """As measured on the files that were read; `None` before any is."""
        return self._index.bytes_per_token()

    def left_out(self) -> LeftOut:
        """The files that are left out: by their names and sizes, and by their content as far as they were read."""
        total = LeftOut()
        total.merge(self._left_out.counts)
        total.merge(self._index.left_out().counts)
        return total

    def files_to_read(self, is_selected: Callable[[list[Key], np.ndarray], np.ndarray]) -> list[InputFile]:
        """The selected files."""
        return [self._files[place] for place in self._records["file"][is_selected(self._keys, self._records)]]
