"""Bins cut so that each has about one token budget: the paper's year ranges."""

from collections import defaultdict

from ...errors import InputError
from .bins import range_name
from .dates import year_of_digits


_MOST_VALUES = 100_000


def cut_bins(values: list[int | float], others: list[tuple], tokens: list[float], budget: int) -> list[str]:
    """The bin of every key.

    Within each combination of the other fields, ascending values are joined until they have at least the budget. What
    is left at the upper end is a bin of its own if it has half a budget; otherwise it joins the last one.

    Args:
        values (`list[int | float]`): the key's number.
        others (`list[tuple]`): the key's values of the other fields.
        tokens (`list[float]`): about how many tokens the key has.
        budget (`int`): the tokens that a bin should have.

    Returns:
        `list[str]`: names such as 2012-2013.

    Raises:
        `InputError`: if the field has so many values that its edges should be given.

    Example:

    ```python
    >>> cut_bins([1990, 1991, 1992, 1993], [()] * 4, [60, 50, 100, 20], budget=100)
    ['1990-1991', '1990-1991', '1992-1993', '1992-1993']

    ```
    """
    totals: dict[tuple, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for value, other, count in zip(values, others, tokens, strict=True):
        totals[other][value] += count
    if sum(map(len, totals.values())) > _MOST_VALUES:
        raise InputError(
            f"a field with automatic `bins` has more than {_MOST_VALUES:,} different values; give the edges"
        )
    names = {(other, value): name for other in totals for value, name in _cut(totals[other], budget)}
    return [names[other, value] for value, other in zip(values, others, strict=True)]


def as_years(name: str, values: list[int | float]) -> list[int | float]:
    """The values of a field with automatic bins; where they are years and dates such as 20120530, the years.

    Args:
        name (`str`): the field.
        values (`list[int | float]`): its values.

    Raises:
        `InputError`: where some are years, and others far too large for years but no dates.

    Example:

    ```python
    >>> as_years("date", [2011, 20120530]), as_years("size", [2011, 3500, 20120530])
    ([2011, 2012], [2011, 3500, 20120530])

    ```
    """
    plain = [value for value in values if 1000 <= value < 3000]
    large = [value for value in values if value >= 10_000_000]
    if not large or len(plain) + len(large) < len(values):
        return values
    years = {value: year_of_digits(value) for value in large}
    others = [value for value, year in years.items() if year is None]
    if others and plain:
        raise InputError(
            f"field {name!r} holds years, such as {plain[0]}, and {others[0]}, which is neither a year nor a date; "
            "give the edges of its `bins`: what is not a date is then left out and counted"
        )
    return values if others else [years.get(value, value) for value in values]


def _cut(totals: dict[float, float], budget: int) -> list[tuple[float, str]]:
    bins: list[list[float]] = []
    held: list[float] = []
    for value in sorted(totals):
        if not bins or held[-1] >= budget:
            bins.append([])
            held.append(0)
        bins[-1].append(value)
        held[-1] += totals[value]
    if len(bins) > 1 and held[-1] < budget / 2:
        rest = bins.pop()
        bins[-1] += rest
    return [(value, range_name(values[0], values[-1])) for values in bins for value in values]
