"""Readers: one module per kind of source, each giving [`Document`]s of one input file in a fixed order."""

from collections.abc import Iterator

from ..arguments import PartitionArguments
from ..inputs import InputFile
from . import hub, jsonl, parquet, tokens, whole
from .documents import BadRows, Document


_READERS = {"files": whole.read, "jsonl": jsonl.read, "parquet": parquet.read, "hub": hub.read, "tokens": tokens.read}


def read_documents(
    file: InputFile, arguments: PartitionArguments, bad_rows: BadRows, rows: set[int] | None = None
) -> Iterator[Document]:
    """The documents of a file in order.

    Args:
        file (`InputFile`): the file.
        arguments (`PartitionArguments`): say which fields hold what.
        bad_rows (`BadRows`): told of every document that cannot be read.
        rows (`set[int]`, *optional*): only these rows; the others are not even parsed.

    Raises:
        `InputError`: for a file that cannot be read to its end, or as `bad_rows` decides.
    """
    return _READERS[arguments.source](file, arguments, bad_rows, rows)
