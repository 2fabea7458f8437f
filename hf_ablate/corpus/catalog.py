"""The catalog: what is known of files that are one document each before any of them is read.

A corpus of source code has tens of thousands of small files, of which a small study needs few. Name and size decide
partition, split and place in the order, so only the files that the budgets need are ever opened.
"""

import numpy as np

from .arguments import PartitionArguments
from .hashing import draws
from .index import RECORD, Dropped
from .inputs import InputFile
from .rules import Leftover, PartitionRule


class Catalog:
    """The records of all files, without content hashes.

    Args:
        files (`list[InputFile]`): the input files.
        arguments (`PartitionArguments`): the partition rule and limits.
    """

    def __init__(self, files: list[InputFile], arguments: PartitionArguments) -> None:
        rule = PartitionRule(arguments)
        numbers: dict[tuple[str, ...], int] = {}
        records = []
        self.dropped, self.leftovers = Dropped(), Dropped()
        for place, file in enumerate(files):
            key = rule.key(file.fields)
            if isinstance(key, Leftover):
                self.leftovers.add(key.reason, file.size, key.example or file.name)
            elif file.size > arguments.max_document_bytes:
                self.dropped.add("is longer than max_document_bytes", file.size, file.name)
            else:
                drawn = draws(file.name, arguments.random_seed)
                number = numbers.setdefault(key, len(numbers))
                records.append((drawn.order, 0, drawn.fraction, file.size, place, 0, number))
        self.files = files
        self.keys = list(numbers)
        self.records = np.array(records, RECORD)
