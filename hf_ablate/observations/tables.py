"""Tables from files: CSV, TSV, parquet or JSON lines, the text files plain or compressed."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..byte_streams import open_decompressed
from ..errors import InputError, reason, unreadable
from ..half_surrogates import has_half_surrogate
from ..json_lines import BadLine, holds_rows, is_json_lines_name, parse_object, read_lines


_UNNAMED = ("", "Unnamed: 0", "__index_level_0__")  # what pandas calls an index without a name
_SEPARATORS = ",\t;"
_ARCHIVE, _PARQUET = b"PK\x03\x04", b"PAR1"


@dataclass(frozen=True)
class Table:
    """A table as it is in its file.

    Args:
        name (`str`): of the file, for messages.
        columns (`dict[str, list[Any]]`): name → cells: text, numbers, or `None` for blanks.
    """

    name: str
    columns: dict[str, list[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def read_table(path: Path) -> Table:
    """A table with a header and at least one row.

    Raises:
        `InputError`: for a file that is missing, empty, or no table.
    """
    if not path.is_file():
        what = "is a folder; expected a file" if path.is_dir() else f"does not exist (looked for {path.resolve()})"
        raise InputError(f"{path} {what}")
    try:
        with open(path, "rb") as file:
            start = file.read(4)
    except OSError as error:
        raise unreadable(path, error) from error
    if not start:
        raise InputError(f"{path} is empty; expected a table with a header and a row for each run")
    if start == _ARCHIVE:
        raise InputError(f"{path} is a spreadsheet or a zip archive; save the table as CSV")
    if start == _PARQUET or path.suffix == ".parquet":
        columns = _read_parquet(path)
    elif is_json_lines_name(path.name) or holds_rows(str(path)):
        columns = _read_json_lines(path)
    else:
        columns = _read_csv(path)
    if not columns or not next(iter(columns.values())):
        raise InputError(f"{path} has no rows; expected a row for each run")
    return Table(path.name, {_named(name, columns): cells for name, cells in columns.items()})


def _named(column: str, columns: Iterable[str]) -> str:
    return "index" if column in _UNNAMED and "index" not in columns else column


def _read_parquet(path: Path) -> dict[str, list[Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path).read()
        _check_names(table.column_names, path)
        return {name: table[name].to_pylist() for name in table.column_names}
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a readable parquet file ({reason(error)}); make it again") from error


def _read_json_lines(path: Path) -> dict[str, list[Any]]:
    rows = []
    for number, line in read_lines(str(path), str(path)):
        if line.strip():
            try:
                rows.append(_flat(parse_object(line)))
            except BadLine as error:
                raise InputError(f"{path}, line {number} {error}; expected a JSON object for each run") from error
            if any(map(has_half_surrogate, [*rows[-1], *rows[-1].values()])):
                raise InputError(f"{path}, line {number} holds half a surrogate pair, which is not valid text")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """The row, with the keys of objects in it as its own: `{"weights": {"a": 1}}` has the column `a`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= value if isinstance(value, dict) else {name: value}
    return flat


def _read_csv(path: Path) -> dict[str, list[Any]]:
    try:
        with open_decompressed(str(path), str(path)) as stream:
            text = stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a table of text in UTF-8 (byte {error.start}); save it as CSV") from error
    header = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    if separator not in header:
        raise InputError(
            f"{path} is not a table: its first line has a single column, {header.strip()[:40]!r}; expected a header "
            "of several columns, separated by commas, tabs or semicolons"
        )
    try:
        names, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
    except csv.Error as error:
        raise InputError(f"{path} is not a readable CSV file: {error}") from error
    names = [name.strip() for name in names]
    if all(number_of(name) is not None for name in names):
        raise InputError(f"{path} has no header: its first line holds numbers; put the names of the columns there")
    _check_names(names, path)
    for position, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise InputError(f"{path}, row {position} has {len(row)} cells, the header has {len(names)}")
    return {name: [row[column].strip() or None for row in rows] for column, name in enumerate(names)}


def _check_names(names: list[str], path: Path) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{path} has several columns called {name!r}; rename or drop all but one")


def number_of(cell: Any) -> float | None:
    """The number in a cell, which may be written as text; `None` for anything else.

    Example:

    ```python
    >>> [number_of(cell) for cell in ("0.5", 3, "a", None, True)]
    [0.5, 3.0, None, None, None]

    ```
    """
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float, Decimal)):
        return None
    try:
        return float(cell)
    except (ValueError, OverflowError):
        return None


def text_of(cell: Any) -> str | None:
    """An id in a cell as text, the same from every kind of file; `None` for a blank.

    Example:

    ```python
    >>> [text_of(cell) for cell in (1, 1.0, "1", "1.0", "a-1", None)]
    ['1', '1', '1', '1', 'a-1', None]

    ```
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    text = str(cell)
    whole, dot, zeros = text.partition(".")
    return whole if dot and whole.lstrip("-").isdigit() and not zeros.strip("0") else text
