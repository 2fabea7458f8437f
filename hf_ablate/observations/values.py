"""Numbers by run and name, from tables in wide or long form."""

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..errors import InputError, unknown_name
from .columns import ColumnPattern
from .tables import Table, number_of, text_of


logger = logging.getLogger(__name__)
_ID_COLUMNS = ("index", "id", "run", "run_id", "name")  # in the order of preference
_SEED = "seed"
_LONG_NAMES = ("unit", "domain")


@dataclass(frozen=True)
class RunKey:
    """What tells the rows of a table apart: the run, and the seed where there is a column of seeds."""

    run: str
    seed: str | None = None

    def __str__(self) -> str:
        return self.run if self.seed is None else f"{self.run} (seed {self.seed})"


@dataclass(frozen=True)
class Values:
    """The numbers of a table.

    Args:
        table (`str`): its name, for messages.
        names (`tuple[str, ...]`): of units or domains, or the columns that they are in.
        rows (`dict[RunKey, dict[str, float]]`): run → name → number; blanks are left out.
    """

    table: str
    names: tuple[str, ...]
    rows: dict[RunKey, dict[str, float]]

    def renamed(self, pattern: ColumnPattern) -> "Values":
        """The same by the names in those of the columns."""
        names = {column: pattern.name_in(column) or column for column in self.names}
        rows = {key: {names[column]: value for column, value in row.items()} for key, row in self.rows.items()}
        return Values(self.table, tuple(names.values()), rows)


def find_id_column(tables: Sequence[Table], asked: str | None) -> str:
    """The column that tells the runs of tables apart.

    Args:
        tables (`Sequence[Table]`): of the same runs.
        asked (`str`, *optional*): the column that the user named.

    Raises:
        `InputError`: if a table lacks it, or no column can be it.
    """
    if asked is not None:
        for table in tables:
            if asked not in table.columns:
                raise unknown_name(f"column of {table.name}", asked, list(table.columns))
        return asked
    first, *others = tables
    common = [name for name in first.columns if all(name in other.columns for other in others)]
    usual = usual_id_columns(common)
    if not common:
        raise InputError(
            f"{' and '.join(table.name for table in tables)} have no column in common that tells runs apart; name it "
            "with --id_column"
        )
    return [*usual, *common][0]


def usual_id_columns(columns: Sequence[str]) -> list[str]:
    """The columns that usually tell runs apart, the first choice first."""
    return [name for wanted in _ID_COLUMNS for name in columns if name.lower() == wanted]


def read_values(
    table: Table, value: str, id_column: str, seed_column: str | None = None, pattern: ColumnPattern | None = None
) -> Values:
    """The numbers of a table, which is in long form if it has columns for the name (`unit`, `domain`) and the value.

    Args:
        table ([`Table`]): as read.
        value (`str`): what the numbers are: `weight` or `loss`.
        id_column (`str`): tells runs apart.
        seed_column (`str`, *optional*): tells repeats of a run apart; default: `seed`, where there is one.
        pattern ([`ColumnPattern`], *optional*): of the columns to read; default: all that hold numbers.

    Raises:
        `InputError`: for a run without an id or twice in the table, and for text among numbers; names them.
    """
    seed_column = seed_column or next((name for name in table.columns if name.lower() == _SEED), None)
    keys = _keys(table, id_column, seed_column if seed_column in table.columns else None)
    lowered = {name.lower(): name for name in table.columns}
    name_column = next((lowered[name] for name in _LONG_NAMES if name in lowered), None)
    if name_column and value in lowered:
        return _long(table, keys, name_column, lowered[value], pattern)
    return _wide(table, keys, {id_column, seed_column}, pattern)


def _keys(table: Table, id_column: str, seed_column: str | None) -> list[RunKey]:
    keys = []
    seeds = table.columns[seed_column] if seed_column else [None] * len(table)
    for row, (run, seed) in enumerate(zip(table.columns[id_column], seeds, strict=True), start=1):
        if text_of(run) is None:
            raise InputError(f"{table.name}, row {row} has no id in the column {id_column!r}")
        keys.append(RunKey(text_of(run), text_of(seed)))
    return keys


def _wide(table: Table, keys: list[RunKey], others: Collection[str | None], pattern: ColumnPattern | None) -> Values:
    if repeated := [key for key, count in Counter(keys).items() if count > 1]:
        raise InputError(
            f"{table.name} has several rows of {listed(repeated)}; an id is one run. Repeats with other "
            "seeds need a --seed_column"
        )
    columns = [name for name in table.columns if name not in others]
    if pattern is not None:
        columns = [name for name in columns if pattern.name_in(name) is not None]
    rows: dict[RunKey, dict[str, float]] = {key: {} for key in keys}
    names = []
    for name in columns:
        numbers = [number_of(cell) for cell in table.columns[name]]
        if all(number is None for number in numbers) and any(cell is not None for cell in table.columns[name]):
            logger.warning("%s: column %r holds no numbers and is left out", table.name, name)
            continue
        names.append(name)
        for key, number, cell in zip(keys, numbers, table.columns[name], strict=True):
            if number is None and cell is not None:
                raise InputError(f"{table.name}, {key}: {name!r} is {cell!r}; expected a number")
            if number is not None:
                rows[key][name] = number
    return _checked(Values(table.name, tuple(names), rows), pattern)


def _long(
    table: Table, keys: list[RunKey], name_column: str, value_column: str, pattern: ColumnPattern | None
) -> Values:
    rows: dict[RunKey, dict[str, float]] = {key: {} for key in keys}
    for key, cell, value in zip(keys, table.columns[name_column], table.columns[value_column], strict=True):
        name, number = text_of(cell), number_of(value)
        if name is None:
            raise InputError(f"{table.name}, {key}: a row has no {name_column!r}")
        if pattern is not None and pattern.name_in(name) is None:
            continue
        if name in rows[key]:
            raise InputError(f"{table.name}, {key}: {name!r} is given twice")
        if number is None and value is not None:
            raise InputError(f"{table.name}, {key}: {name!r} is {value!r}; expected a number")
        if number is not None:
            rows[key][name] = number
    names = tuple(dict.fromkeys(name for row in rows.values() for name in row))
    return _checked(Values(table.name, names, rows), pattern)


def _checked(values: Values, pattern: ColumnPattern | None) -> Values:
    if not values.names:
        what = f"like {pattern.text!r} with numbers" if pattern else "with numbers"
        raise InputError(f"{values.table} has no column {what} besides the id")
    return values


def listed(names: Sequence[str | RunKey]) -> str:
    """The first of some names or runs, and how many more there are.

    Example:

    ```python
    >>> listed("abcdefg")
    'a, b, c, d, e and 2 more'

    ```
    """
    return ", ".join(map(str, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
