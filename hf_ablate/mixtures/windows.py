"""Windows: mixtures of neighbouring units, and what decides which units are neighbours."""

from collections.abc import Iterator
from itertools import chain, pairwise

from ..corpus.rules.bins import place_of
from ..errors import InputError
from .mixture import Mixture
from .units import CorpusUnits


def windows(rows: list[list[str]], size: int, clip: bool = False) -> Iterator[Mixture]:
    """The uniform mixture over `size` neighbouring units of a row, at each of its positions.

    Args:
        rows (`list[list[str]]`): units, neighbours beside each other.
        size (`int`): how many units are in a window.
        clip (`bool`): also give the shorter windows at both ends of a row: the window around every unit, cut where
            the row ends.

    Raises:
        `InputError`: if no row has that many units.

    Example:

    ```python
    >>> years = [["2001", "2002", "2003", "2004"]]
    >>> [mixture.name for mixture in windows(years, 3)]
    ['2001 + 2002 + 2003', '2002 + 2003 + 2004']
    >>> [mixture.name for mixture in windows(years, 3, clip=True)]
    ['2001 + 2002', '2001 + 2002 + 2003', '2002 + 2003 + 2004', '2003 + 2004']

    ```
    """
    longest = max(map(len, rows))
    if not 1 <= size <= longest:
        most = f"the {longest} units" if len(rows) == 1 else f"any of the {len(rows)} groups, of at most {longest}"
        raise InputError(f"`window_sizes`: a window of {size} units does not fit {most}; give smaller sizes")
    for row in rows:
        first = -((size - 1) // 2) if clip else 0
        last = first + len(row) - 1 if clip else len(row) - size
        for start in range(first, last + 1):
            yield Mixture.uniform(row[max(0, start) : start + size])


def rows_of_neighbours(
    units: CorpusUnits, within: str | None, ordered_by: str | None, is_ordered: bool
) -> list[list[str]]:
    """The units in rows, neighbours beside each other.

    Args:
        units ([`CorpusUnits`]): the units.
        within (`str`, *optional*): a field; units with different values of it are never neighbours.
        ordered_by (`str`, *optional*): the field whose values, numbers or ranges such as years, order the units.
        is_ordered (`bool`): whether the units are in an order that was given; it counts unless `ordered_by` does.

    Raises:
        `InputError`: where units have no order, and for a unit that has no value of a field.
    """
    rows = list(units.divided_by(within).values()) if within else [units.names]
    if is_ordered and ordered_by is None:
        return rows
    field = ordered_by or _ordered_field(units, within)
    places = _places(units, field)
    return [_in_order(row, places, field) for row in rows]


def _ordered_field(units: CorpusUnits, within: str | None) -> str:
    """The one field whose values have an order."""
    fields = [field for field in units.fields if field != within]
    ordered = [field for field in fields if all(map(place_of, chain.from_iterable(units.values_of(field).values())))]
    if len(ordered) == 1:
        return ordered[0]
    if ordered:
        raise InputError(
            f"method 'windows' needs one order of the units, and all values of {' and '.join(ordered)} have one; name "
            "the field that is meant in `windows_by`"
        )
    has_none = f"no field ({', '.join(fields)}) has" if fields else "the corpus records no field with"
    raise InputError(
        f"method 'windows' needs an order of the units, and {has_none} only values that have one, numbers or ranges "
        "such as 2012-2013; name the units, in order, in `units`"
    )


def _places(units: CorpusUnits, field: str) -> dict[str, tuple[float, float]]:
    """Unit → where the value of its field is in the order of values."""
    places: dict[str, tuple[float, float]] = {}
    for group, members in units.divided_by(field).items():
        value = group.partition("=")[2]
        place = place_of(value)
        if place is None:
            raise InputError(
                f"`windows_by` is {field!r}, and {value!r} is neither a number nor a range such as 2012-2013, so it "
                "has no place in an order; name another field, or the units, in order, in `units`"
            )
        places |= dict.fromkeys(members, place)
    return places


def _in_order(row: list[str], places: dict[str, tuple[float, float]], field: str) -> list[str]:
    in_order = sorted(row, key=places.__getitem__)
    for one, other in pairwise(in_order):
        if places[one] == places[other] or places[one][1] > places[other][0]:
            raise InputError(
                f"the values of {field!r} do not say whether {one!r} or {other!r} comes first; keep them apart by "
                "`windows_within`, another field, or name the units, in order, in `units`"
            )
    return in_order
