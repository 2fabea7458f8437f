"""The documents of an input file, whatever its kind."""

from collections.abc import Iterator

from ..inputs.input_file import InputFile
from . import files, hub, jsonl, parquet, tokens
from .document_format import DocumentFormat
from .documents import BadRows, Document


_READERS = {"files": files.read, "jsonl": jsonl.read, "parquet": parquet.read, "hub": hub.read, "tokens": tokens.read}


def read_documents(
    file: InputFile, form: DocumentFormat, bad_rows: BadRows, rows: set[int] | None = None
) -> Iterator[Document]:
    """The documents of a file in order.

    Args:
        file (`InputFile`): the file.
        form (`DocumentFormat`): how documents are stored.
        bad_rows (`BadRows`): takes every document that cannot be read.
        rows (`set[int]`, *optional*): only these rows; the others are not even parsed.

    Raises:
        `InputError`: for a file that cannot be read to its end, or as `bad_rows` decides.
    """
    return _READERS[form.kind](file, form, bad_rows, rows)
