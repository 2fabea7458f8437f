"""The catalog: what is known of files that are one document each before any of them is read.

A corpus of source code has tens of thousands of small files, of which a small study needs few. Name and size decide
partition, split and place in the order, so only the files that the budgets need are ever opened.
"""

import numpy as np

from .arguments import PartitionArguments
from .groups import GIVEN_SPLIT
from .hashing import draws
from .index import RECORD
from .inputs import InputFile
from .left_out import LeftOut
from .rules import Key, Leftover, PartitionRule


class Catalog:
    """The records of all files, without content hashes.

    Args:
        files (`list[InputFile]`): the input files.
        arguments (`PartitionArguments`): the partition rule and limits.
    """

    def __init__(self, files: list[InputFile], arguments: PartitionArguments) -> None:
        rule = PartitionRule(arguments)
        numbers: dict[Key, int] = {}
        records = []
        self.left_out = LeftOut()
        for place, file in enumerate(files):
            drawn = draws(file.name, arguments.random_seed)
            key, split = rule.key(file.fields, file.root, drawn), rule.split(file.fields)
            for problem in (key, split):
                if isinstance(problem, Leftover):
                    self.left_out.add(problem.reason, file.size, problem.example or file.name)
                    break
            else:
                if file.size > arguments.max_document_bytes:
                    self.left_out.add("is longer than max_document_bytes", file.size, file.name)
                    continue
                number = numbers.setdefault(key, len(numbers))
                fraction = GIVEN_SPLIT[split] if split else drawn.fraction
                records.append((drawn.order, 0, fraction, file.size, place, 0, number))
        self.files = files
        self.keys = list(numbers)
        self.matched = rule.matched()
        self.records = np.array(records, RECORD)
