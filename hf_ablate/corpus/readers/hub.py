"""Parts of data sets, through `datasets`: downloaded, local or streamed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...errors import reason
from ...hub_errors import hub_error
from ..inputs.data_sets import load_splits
from ..inputs.input_file import InputFile
from .document_format import DocumentFormat
from .documents import BadRow, BadRows, Document
from .fields import documents_of, missing_text
from .parquet import UNREADABLE


if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset


_BATCH_ROWS = 1_000


def read(file: InputFile, form: DocumentFormat, bad_rows: BadRows, rows: set[int] | None) -> Iterator[Document]:
    """A document a row of a part.

    Args:
        file (`InputFile`): the file.
        form (`DocumentFormat`): how documents are stored.
        bad_rows (`BadRows`): takes the documents that cannot be read.
        rows (`set[int] | None`): only these rows.
    """
    data = load_splits(file.path, file.fields["config"], file.version, form.streaming)[file.fields["split"]]
    if data.column_names:
        if not form.has_text(data.column_names):
            bad_rows.handle(missing_text(file.name, form, data.column_names), 1 if form.streaming else _length(file))
            return
        data = data.select_columns(form.needed_columns(data.column_names))
    numbered = _streamed(data, file) if form.streaming else _stored(data, file, rows)
    yield from documents_of(numbered, file, form, bad_rows, rows)


def _length(file: InputFile) -> int:
    start, stop = file.rows
    return stop - start


def _streamed(data: "IterableDataset", file: InputFile) -> Iterator[tuple[int, dict[str, Any]]]:
    shard, num_shards = file.rows
    try:
        yield from enumerate(data.shard(num_shards=num_shards, index=shard) if num_shards > 1 else data)
    except (OSError, *UNREADABLE) as error:
        raise hub_error(f"{file.name} cannot be read", error) from error


def _stored(data: "Dataset", file: InputFile, rows: set[int] | None) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    numbers = range(_length(file)) if rows is None else sorted(rows)
    for first in range(0, len(numbers), _BATCH_ROWS):
        batch = numbers[first : first + _BATCH_ROWS]
        try:
            columns = data[[file.rows[0] + number for number in batch]]
        except OSError as error:
            raise hub_error(f"{file.name} cannot be read", error) from error
        except UNREADABLE:
            yield from ((number, _row(data, file, number)) for number in batch)
            continue
        for place, number in enumerate(batch):
            yield number, {name: column[place] for name, column in columns.items()}


def _row(data: "Dataset", file: InputFile, number: int) -> dict[str, Any] | BadRow:
    try:
        return data[file.rows[0] + number]
    except UNREADABLE as error:
        return BadRow(f"{file.name}, row {number + 1}", "cannot be read", reason(error))
