"""Mixtures from a table that a user wrote, their columns matched with the units of a study."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import unknown_name
from ..mixtures.mixture import Mixture
from ..observations.columns import ColumnPattern
from ..observations.mixtures_of_runs import mixtures_of
from ..observations.tables import Table, number_of, read_table
from ..observations.values import read_values, usual_id_columns


logger = logging.getLogger(__name__)
_ROW = "id"  # the column of numbers of rows, where nothing else tells mixtures apart


@dataclass(frozen=True)
class ListedMixtures:
    """Mixtures in the order of their table.

    Args:
        id_column (`str`): what their ids are called there.
        mixtures (`dict[str, Mixture]`): id → mixture.
    """

    id_column: str
    mixtures: dict[str, Mixture]


def read_listed_mixtures(
    path: Path, units: Sequence[str], patterns: Sequence[str] = (), id_column: str | None = None
) -> ListedMixtures:
    """The mixtures in a table.

    Args:
        path (`Path`): the table, in wide or long form.
        units (`Sequence[str]`): of the study.
        patterns (`Sequence[str]`): of columns in the tables that were imported, which may be those of this one.
        id_column (`str`, *optional*): tells mixtures apart.

    Raises:
        `InputError`: for a file that is not a table, columns that name no unit, and weights that do not make
            a mixture.
    """
    table = read_table(path)
    if id_column is not None and id_column not in table.columns:
        raise unknown_name(f"column of {table.name}", id_column, list(table.columns))
    id_column = id_column or _id_column(table)
    if id_column is None:
        id_column = _ROW
        table = replace(table, columns={_ROW: list(range(1, 1 + len(table)))} | table.columns)
    weights = read_values(table, "weight", id_column)
    unit_of = {column: _unit_in(column, units, patterns) for column in weights.names}
    if missing := [unit for unit in units if unit not in unit_of.values()]:
        logger.warning("%s has no weights of %s: they count as 0", table.name, ", ".join(missing))
    rows = {key: {unit_of[column]: weight for column, weight in row.items()} for key, row in weights.rows.items()}
    mixtures = mixtures_of(replace(weights, names=tuple(unit_of.values()), rows=rows))
    return ListedMixtures(id_column, {str(key): mixture for key, mixture in mixtures.items()})


def _id_column(table: Table) -> str | None:
    of_text = [name for name, cells in table.columns.items() if all(number_of(cell) is None for cell in cells)]
    return next(iter([*usual_id_columns(list(table.columns)), *of_text]), None)


def _unit_in(column: str, units: Sequence[str], patterns: Sequence[str]) -> str:
    """The unit that a column is called after."""
    names = [column, *(ColumnPattern.of(pattern).name_in(column) for pattern in patterns)]
    found = next((name for name in names if name in units), None)
    if found is None:
        raise unknown_name("unit", column, list(units))
    return found
