"""Parquet files: a document a row, read by batches of the columns that are needed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...byte_streams import open_bytes
from ...errors import InputError, reason
from ..inputs.input_file import InputFile
from .document_format import DocumentFormat
from .documents import BadRow, BadRows, Document
from .fields import documents_of, missing_text


if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile


_BATCH_ROWS = 1024


def read(file: InputFile, form: DocumentFormat, bad_rows: BadRows, rows: set[int] | None) -> Iterator[Document]:
    """A document a row.

    Args:
        file (`InputFile`): the file.
        form (`DocumentFormat`): how documents are stored.
        bad_rows (`BadRows`): takes the documents that cannot be read.
        rows (`set[int] | None`): only these rows.

    Raises:
        `InputError`: if the file is not a readable parquet file, or two of its columns have one name.
    """
    row = 0
    for batch in _batches(file, form, bad_rows):
        if rows is None or not rows.isdisjoint(range(row, row + len(batch))):
            yield from documents_of(_rows(batch, row, file), file, form, bad_rows, rows)
        row += len(batch)


def _batches(file: InputFile, form: DocumentFormat, bad_rows: BadRows) -> Iterator["RecordBatch"]:
    import pyarrow
    import pyarrow.parquet

    try:
        with open_bytes(file.path) as stream:
            parquet = pyarrow.parquet.ParquetFile(stream)
            if columns := _columns(parquet, file, form, bad_rows):
                yield from parquet.iter_batches(_BATCH_ROWS, columns=columns)
    except InputError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(
            f"{file.name} is not a readable parquet file ({reason(error)}); fetch or make it again, or leave it out: "
            f"exclude_globs: [{file.name.split('/', 1)[-1]!r}]"
        ) from error


def _columns(parquet: "ParquetFile", file: InputFile, form: DocumentFormat, bad_rows: BadRows) -> list[str]:
    """The columns to read; none where there is no row, or no row with a text."""
    names = parquet.schema_arrow.names
    columns = form.needed_columns(names)
    if twice := sorted({name for name in columns if names.count(name) > 1}):
        raise InputError(f"{file.name} has several columns called {twice[0]!r}; rename or drop all but one")
    metadata = parquet.metadata
    if metadata.num_rows != sum(metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)):
        raise InputError(f"{file.name} is damaged: its parts do not add up to its rows; fetch or make it again")
    if not metadata.num_rows:
        bad_rows.handle_empty(file.name, "row")
        return []
    if not form.has_text(names):
        bad_rows.handle(missing_text(file.name, form, names), metadata.num_rows)
        return []
    return columns


def _rows(batch: "RecordBatch", first: int, file: InputFile) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    """The rows of a batch with their numbers; of a row that Python cannot hold, why."""
    try:
        return enumerate(batch.to_pylist(), start=first)
    except UNREADABLE:
        return ((first + place, _row(batch, place, f"{file.name}, row {first + place + 1}"))
                for place in range(len(batch)))  # fmt: skip


# What a value that is not valid text, or a time outside of Python's range, raises.
UNREADABLE = (ValueError, OverflowError, RecursionError)


def _row(batch: "RecordBatch", place: int, where: str) -> dict[str, Any] | BadRow:
    values = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            values[name] = column[place].as_py()
        except UNREADABLE as error:
            return BadRow(where, f"field {name!r} cannot be read", reason(error))
    return values
