"""The documents of an input file, whatever its kind."""

import re
from collections.abc import Iterator

from ..inputs.input_file import InputFile
from . import files, hub, jsonl, parquet, tokens
from .document_format import DocumentFormat
from .documents import BadRows, Document


_READERS = {"files": files.read, "jsonl": jsonl.read, "parquet": parquet.read, "hub": hub.read, "tokens": tokens.read}

_SEARCHED_CHARACTERS = 2_000  # of each text, by `text_regex`


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
    documents = _READERS[form.kind](file, form, bad_rows, rows)
    return documents if form.text_regex is None else _with_fields_of_text(documents, re.compile(form.text_regex))


def _with_fields_of_text(documents: Iterator[Document], regex: re.Pattern) -> Iterator[Document]:
    """The documents, with the named groups of what matches the beginning of their texts as fields."""
    for document in documents:
        match = regex.search(document.text, 0, _SEARCHED_CHARACTERS)
        if match and document.fields is not None:
            found = {name: value for name, value in match.groupdict().items() if value is not None}
            document.fields = document.fields | found
        yield document
