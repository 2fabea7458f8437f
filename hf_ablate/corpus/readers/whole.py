"""Files that are one document each."""

from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError
from ..arguments import PartitionArguments
from ..inputs import InputFile
from .documents import BadRow, BadRows, Document


def read(
    file: InputFile, arguments: PartitionArguments, bad_rows: BadRows, rows: set[int] | None
) -> Iterator[Document]:
    """The file as its only document; its id is its name."""
    if rows is not None and 0 not in rows:
        return
    try:
        text = Path(file.path).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        bad_rows.handle(BadRow(file.name, f"is not UTF-8 (byte {error.start})"))
        return
    except OSError as error:
        raise InputError(f"{file.name} cannot be read: {error.strerror}") from error
    yield Document(0, file.name, text, dict(file.fields or {}))
