"""Bins of numbers or years, given by edges or as inclusive ranges."""

import math
import re
from bisect import bisect_right
from typing import Any

from ...errors import InputError
from .dates import year_of, year_of_digits


AUTO = "auto"
_RANGE = re.compile(r"(-?\d+)-(-?\d+)$")
_YEARS = (1000, 2999)  # a field whose bins are all in here holds years
_LARGEST_YEAR = 9999
_NUMBER = r"-?\d+(?:\.\d+)?"
_BELOW, _FROM = re.compile(rf"(?:until|below)-({_NUMBER})$"), re.compile(rf"from-({_NUMBER})$")
_SPAN = re.compile(rf"({_NUMBER})(?:-(?:to-)?({_NUMBER}))?$")


class Bins:
    """The bins of a field.

    Args:
        name (`str`): the field.
        given (`Any`): "auto", ascending edges, or ranges such as "1990-1999".

    Raises:
        `InputError`: for anything else.
    """

    def __init__(self, name: str, given: Any) -> None:
        self.name = name
        self.edges: list[float] | None = None
        self.ranges: list[tuple[int, int, str]] | None = None
        self.are_years = False
        if given == AUTO:
            return
        if not isinstance(given, list) or not given:
            raise InputError(f"`bins` of {name!r} is {given!r}; expected edges, ranges such as '1990-1999', or auto")
        if all(isinstance(edge, (int, float)) and not isinstance(edge, bool) for edge in given):
            if sorted(set(given)) != given:
                raise InputError(f"`bins` of {name!r}: the edges {given} are not in ascending order")
            self.edges = given
        else:
            self.ranges = [self._range(item) for item in given]
            ordered = sorted(self.ranges)
            if any(first[1] >= second[0] for first, second in zip(ordered, ordered[1:], strict=False)):
                raise InputError(f"`bins` of {name!r}: the ranges {given} overlap")
        limits = self.edges or [limit for first, last, _ in self.ranges for limit in (first, last)]
        self.are_years = all(_YEARS[0] <= limit <= _YEARS[1] for limit in limits)

    def _range(self, item: Any) -> tuple[int, int, str]:
        match = _RANGE.match(item) if isinstance(item, str) else None
        if not match or int(match[1]) > int(match[2]):
            raise InputError(f"`bins` of {self.name!r}: {item!r} is not a range; expected, for example, '1990-1999'")
        return int(match[1]), int(match[2]), item

    def value(self, raw: Any) -> tuple[Any, str | None, str | None]:
        """The bin of a value.

        Returns:
            `tuple`: (the bin's name, or with automatic bins the number itself; the range that matched, if any; what
            is wrong with the value, if anything).
        """
        number = as_number(raw)
        if number is None:
            return None, None, f"field {self.name!r} is neither a number nor a date"
        if self.are_years and abs(number) > _LARGEST_YEAR:
            number = year_of_digits(number)
            if number is None:
                return None, None, f"field {self.name!r} is neither a year nor a date"
        if self.edges is not None:
            return self._between_edges(number), None, None
        if self.ranges is not None:
            for low, high, name in self.ranges:
                if low <= number < high + 1:
                    return name, name, None
            return None, None, f"field {self.name!r} is in none of its bins"
        return number, None, None

    def _between_edges(self, number: float) -> str:
        place = bisect_right(self.edges, number)
        whole = all(isinstance(edge, int) for edge in self.edges)
        if place == 0:
            return f"until-{self.edges[0] - 1}" if whole else f"below-{self.edges[0]}"
        if place == len(self.edges):
            return f"from-{self.edges[-1]}"
        low, high = self.edges[place - 1 : place + 1]
        return range_name(low, high - 1) if whole else f"{low}-to-{high}"


def range_name(low: float, high: float) -> str:
    """The name of an inclusive range.

    Example:

    ```python
    >>> range_name(2012, 2013), range_name(2014, 2014)
    ('2012-2013', '2014')

    ```
    """
    return f"{low}-{high}" if low != high else f"{low}"


def place_of(name: str) -> tuple[float, float] | None:
    """Where a value is in the order of numbers, by its name: its lowest and its highest number.

    Returns:
        `tuple` or `None`: `None` for what is neither a number nor the name of a bin, and so has no order.

    Example:

    ```python
    >>> place_of("2012-2013"), place_of("2014"), place_of("from-2015"), place_of("biology")
    ((2012.0, 2013.0), (2014.0, 2014.0), (2015.0, inf), None)

    ```
    """
    if match := _BELOW.match(name):
        return -math.inf, float(match[1])
    if match := _FROM.match(name):
        return float(match[1]), math.inf
    match = _SPAN.match(name)
    low, high = (float(match[1]), float(match[2] or match[1])) if match else (1.0, 0.0)
    return (low, high) if low <= high else None


def as_number(raw: Any) -> int | float | None:
    """A number, or the year of a date, from the value of a field.

    Example:

    ```python
    >>> as_number("2012-05-30"), as_number(" 7 "), as_number(0.5), as_number("n/a")
    (2012, 7, 0.5, None)

    ```
    """
    if isinstance(raw, bool):
        return None
    if isinstance(raw, str):
        raw = raw.strip()
        if (year := year_of(raw)) is not None:
            return year
    elif hasattr(raw, "year"):
        return int(raw.year)
    try:
        number = float(raw)
    except (TypeError, ValueError, OverflowError):
        return None
    if number != number or number in (float("inf"), float("-inf")):
        return None
    return int(number) if number.is_integer() else number
