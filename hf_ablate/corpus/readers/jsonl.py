"""Files with a JSON object a line, plain or compressed."""

from collections.abc import Iterator

from ...json_lines import BadLine, is_json_lines_name, parse_object, read_lines
from ..inputs.input_file import InputFile
from .document_format import DocumentFormat
from .documents import BadRow, BadRows, Document
from .fields import document_of


def read(file: InputFile, form: DocumentFormat, bad_rows: BadRows, rows: set[int] | None) -> Iterator[Document]:
    """A document a line; blank lines are passed over, but counted as rows.

    Args:
        file (`InputFile`): the file.
        form (`DocumentFormat`): how documents are stored.
        bad_rows (`BadRows`): takes the documents that cannot be read.
        rows (`set[int] | None`): only these rows.
    """
    number, last = 0, max(rows, default=-1) if rows is not None else None
    for number, line in read_lines(file.path, file.name):
        row = number - 1
        if last is not None and row > last:
            break
        if (rows is not None and row not in rows) or not line.strip():
            continue
        try:
            yield document_of(parse_object(line), file, row, form)
        except BadLine as bad:
            bad_rows.handle(BadRow(f"{file.name}, line {number}", bad.reason, _detail(bad, file, number)))
        except BadRow as bad:
            bad_rows.handle(bad)
    if number == 0:
        bad_rows.handle_empty(file.name, "line")


def _detail(bad: BadLine, file: InputFile, number: int) -> str:
    """What is wrong with a line, and what to do if the file is not meant to be read."""
    if number > 1 or is_json_lines_name(file.name):
        return bad.detail
    glob = file.name.split("/", 1)[-1]
    return f"{bad.detail}; if the file is none of the data, leave it out: exclude_globs: [{glob!r}]".lstrip("; ")
