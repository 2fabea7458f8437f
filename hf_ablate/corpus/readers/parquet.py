"""Parquet files: a document a row, read by batches of the columns that are needed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...byte_streams import open_bytes
from ...errors import InputError
from ..inputs import InputFile
from .documents import BadRow, BadRows, Document
from .fields import document_of


if TYPE_CHECKING:
    from ..arguments import PartitionArguments


_BATCH_ROWS = 1024


def read(
    file: InputFile, arguments: "PartitionArguments", bad_rows: BadRows, rows: set[int] | None
) -> Iterator[Document]:
    """A document a row."""
    import pyarrow
    import pyarrow.parquet

    try:
        with open_bytes(file.path) as stream:
            parquet = pyarrow.parquet.ParquetFile(stream)
            columns = needed_columns(parquet.schema_arrow.names, arguments)
            if not parquet.metadata.num_rows:
                bad_rows.handle(BadRow(file.name, "is empty: it holds no row"))
            row = 0
            for batch in parquet.iter_batches(_BATCH_ROWS, columns=columns):
                if rows is None or not rows.isdisjoint(range(row, row + len(batch))):
                    yield from _documents(batch.to_pylist(), file, row, arguments, bad_rows, rows)
                row += len(batch)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise InputError(f"{file.name} is no readable parquet file ({error}); fetch or make it again") from error


def needed_columns(columns: list[str], arguments: "PartitionArguments") -> list[str]:
    """The columns that hold the text, the id and the fields that partitions go by."""
    places = [arguments.text_field, arguments.id_field or ""]
    places += [arguments.fields.get(name, name) for name in arguments.needed_fields]
    return [column for column in columns if any(place.split(".")[0] == column or place == column for place in places)]


def _documents(
    batch: list[dict], file: InputFile, start: int, arguments: "PartitionArguments", bad_rows: BadRows,
    rows: set[int] | None,
) -> Iterator[Document]:  # fmt: skip
    for row, values in enumerate(batch, start=start):
        if rows is None or row in rows:
            try:
                yield document_of(values, file, row, arguments, "row")
            except BadRow as bad:
                bad_rows.handle(bad)
