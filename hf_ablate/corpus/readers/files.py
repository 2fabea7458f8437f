"""Files that are one document each."""

from collections.abc import Iterator

from ...byte_streams import open_bytes
from ...errors import InputError
from ..inputs.input_file import InputFile
from .document_format import DocumentFormat
from .documents import BadRow, BadRows, Document


def read(file: InputFile, form: DocumentFormat, bad_rows: BadRows, rows: set[int] | None) -> Iterator[Document]:
    """The file as its only document; its id is its name.

    Args:
        file (`InputFile`): the file.
        form (`DocumentFormat`): how documents are stored.
        bad_rows (`BadRows`): takes the documents that cannot be read.
        rows (`set[int] | None`): only these rows.

    Raises:
        `InputError`: if the file cannot be read.
    """
    if rows is not None and 0 not in rows:
        return
    try:
        with open_bytes(file.path) as stream:
            text = stream.read().decode("utf-8")
    except UnicodeDecodeError as error:
        bad_rows.handle(BadRow(file.name, "is not UTF-8", f"byte {error.start}"))
        return
    except OSError as error:
        raise InputError(f"{file.name} cannot be read: {error.strerror or error}") from error
    yield Document(0, file.name, text, dict(file.fields or {}))
