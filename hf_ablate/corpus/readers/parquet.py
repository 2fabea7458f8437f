"""Parquet files: a document a row, read by batches of the columns that are needed."""

from collections.abc import Iterator

from ...byte_streams import open_bytes
from ...errors import InputError
from ..inputs.input_file import InputFile
from .document_format import DocumentFormat
from .documents import BadRow, BadRows, Document
from .fields import documents_of


_BATCH_ROWS = 1024


def read(file: InputFile, form: DocumentFormat, bad_rows: BadRows, rows: set[int] | None) -> Iterator[Document]:
    """A document a row.

    Args:
        file (`InputFile`): the file.
        form (`DocumentFormat`): how documents are stored.
        bad_rows (`BadRows`): takes the documents that cannot be read.
        rows (`set[int] | None`): only these rows.

    Raises:
        `InputError`: if the file is not a readable parquet file.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with open_bytes(file.path) as stream:
            parquet = pyarrow.parquet.ParquetFile(stream)
            columns = form.needed_columns(parquet.schema_arrow.names)
            if not parquet.metadata.num_rows:
                bad_rows.handle(BadRow(file.name, "is empty: it holds no row"))
            row = 0
            for batch in parquet.iter_batches(_BATCH_ROWS, columns=columns):
                if rows is None or not rows.isdisjoint(range(row, row + len(batch))):
                    yield from documents_of(enumerate(batch.to_pylist(), start=row), file, form, bad_rows, rows)
                row += len(batch)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise InputError(f"{file.name} is not a readable parquet file ({error}); fetch or make it again") from error
