"""Weights as decimal text that sums to 1 to the last digit; js/exports.js of the explorer does the same.

Both add up, multiply and round doubles in the same order, so that they give the same text.
"""

import math
from collections.abc import Sequence
from decimal import Decimal


_FEWEST_DIGITS, _MOST_DIGITS = 6, 12
_SMALLEST = 100  # what the smallest share is at least, in units of the last digit


def share_texts(amounts: Sequence[float]) -> list[str]:
    """The shares of amounts in their sum, as decimals that sum to exactly 1.

    Args:
        amounts (`Sequence[float]`): positive.

    Returns:
        `list[str]`: of 6 digits, or of up to 12 where the smallest share needs them.

    Example:

    ```python
    >>> share_texts([1, 1, 1]), share_texts([3, 1]), share_texts([5])
    (['0.333334', '0.333333', '0.333333'], ['0.75', '0.25'], ['1.0'])
    >>> share_texts([1, 99999])
    ['0.00001', '0.99999']

    ```
    """
    total = 0.0
    for amount in amounts:  # not `sum`, which corrects rounding errors where JavaScript does not
        total += amount
    shares = [amount / total for amount in amounts]
    digits, scale = _FEWEST_DIGITS, 10**_FEWEST_DIGITS
    while digits < _MOST_DIGITS and min(shares) * scale < _SMALLEST:
        digits, scale = digits + 1, scale * 10
    return [_decimal(count, digits, scale) for count in apportion(shares, scale)]


def apportion(shares: Sequence[float], total: int) -> list[int]:
    """Whole numbers in proportion to shares that sum to exactly the total, by the largest remainder.

    Args:
        shares (`Sequence[float]`): sum to 1, as far as doubles tell.
        total (`int`): at most 10^15, so that doubles hold it with its fractions.

    Example:

    ```python
    >>> apportion([0.5, 0.3, 0.2], 7)
    [4, 2, 1]

    ```
    """
    exact = [share * total for share in shares]
    counts = [math.floor(value) for value in exact]
    largest_first = sorted(range(len(exact)), key=lambda row: counts[row] - exact[row])
    for row in largest_first[: total - sum(counts)]:
        counts[row] += 1
    return counts


def _decimal(count: int, digits: int, scale: int) -> str:
    """A count of units of the last digit as a decimal, without zeros at its end but for one."""
    if count == scale:
        return "1.0"
    decimals = str(count).zfill(digits).rstrip("0")
    return f"0.{decimals or '0'}"


def plain_decimal(weight: float) -> str:
    """A weight to its last bit, never in the notation with an exponent, which YAML may take for text.

    Example:

    ```python
    >>> plain_decimal(1 / 3), plain_decimal(2.5e-07), plain_decimal(1.0)
    ('0.3333333333333333', '0.00000025', '1.0')

    ```
    """
    return format(Decimal(repr(float(weight))), "f")
