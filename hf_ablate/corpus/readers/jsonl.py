"""Files with a JSON object a line, plain or gzipped."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import IO, Any

from ...errors import InputError
from ..arguments import PartitionArguments
from ..inputs import InputFile
from .documents import BadRow, BadRows, Document
from .fields import document_of


def read(
    file: InputFile, arguments: PartitionArguments, bad_rows: BadRows, rows: set[int] | None
) -> Iterator[Document]:
    """A document a line; empty lines are passed over, but counted as rows."""
    try:
        with _open(file.path) as stream:
            for row, line in enumerate(stream):
                if (rows is not None and row not in rows) or not line.strip():
                    continue
                try:
                    yield document_of(_parse(line, file.name, row), file, row, arguments)
                except BadRow as bad:
                    bad_rows.handle(bad)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{file.name} is cut short or damaged ({error}); fetch or make it again") from error
    except OSError as error:
        raise InputError(f"{file.name} cannot be read: {error}") from error


def _open(path: str) -> IO[bytes]:
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")


def _parse(line: bytes, name: str, row: int) -> dict[str, Any]:
    place = f"{name}, line {row + 1}"
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRow(place, f"is not UTF-8 (byte {error.start} of the line)") from error
    except json.JSONDecodeError as error:
        raise BadRow(place, f"is no JSON ({error.msg} at character {error.pos + 1})") from error
    if not isinstance(value, dict):
        raise BadRow(place, f"holds a {type(value).__name__}, not an object")
    return value
