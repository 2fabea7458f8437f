"""Files with a JSON object a line, plain or compressed."""

import json
from collections.abc import Iterator
from typing import Any

from ..document_arguments import DocumentArguments
from ..inputs import InputFile
from .documents import BadRow, BadRows, Document
from .fields import document_of
from .opening import open_decompressed


def read(
    file: InputFile, arguments: DocumentArguments, bad_rows: BadRows, rows: set[int] | None
) -> Iterator[Document]:
    """A document a line; blank lines are passed over, but counted as rows."""
    row, last = -1, max(rows, default=-1) if rows is not None else None
    with open_decompressed(file) as stream:
        for row, line in enumerate(stream):
            if last is not None and row > last:
                break
            if (rows is not None and row not in rows) or not line.strip():
                continue
            try:
                yield document_of(parse(line, file.name, row), file, row, arguments)
            except BadRow as bad:
                bad_rows.handle(bad)
    if row < 0:
        bad_rows.handle(BadRow(file.name, "is empty: it holds no line"))


def parse(line: bytes, name: str, row: int) -> dict[str, Any]:
    """The object on a line.

    Raises:
        `BadRow`: if it is not UTF-8, no JSON or no object.
    """
    place = f"{name}, line {row + 1}"
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRow(place, "is not UTF-8", f"byte {error.start} of the line") from error
    except json.JSONDecodeError as error:
        raise BadRow(place, "is no JSON", f"{error.msg} at character {error.pos + 1}") from error
    if not isinstance(value, dict):
        raise BadRow(place, f"holds a {type(value).__name__}, not an object")
    return value
