"""What a figure shows, in words, for who does not see it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..ranking.tables import score_text


_MOST_COLUMNS, _MOST_WORDS = 2, 90  # of numbers, and characters of what each belongs to: what is read out takes time
_ERRORS = {"sd", "low", "high"}  # columns with no numbers of their own


def alternative_text(caption: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The caption's first sentence, and the lowest and the highest of the numbers with what they belong to.

    Args:
        caption (`str`): of the figure.
        rows (`Sequence[Mapping[str, Any]]`): the numbers that it shows, as flat records with the same keys.

    Example:

    ```python
    >>> rows = [{"unit": "sympy", "rank": 1, "score": 1.5}, {"unit": "pandas", "rank": 2, "score": 1.25}]
    >>> alternative_text("Scores of units. Lower is better.", rows)
    'Scores of units. Score: lowest 1.2500 (pandas), highest 1.5000 (sympy).'

    ```
    """
    columns = _of_type(float, rows) or _of_type(int, rows)  # integers are ranks and counts, where there are others
    first = caption.partition(". ")[0].removesuffix(".")
    return " ".join([f"{first}.", *(_extremes(key, rows) for key in columns[:_MOST_COLUMNS])])


def _of_type(kind: type, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns with a number of this type."""
    return [
        key
        for key in (rows[0] if rows else ())
        if key not in _ERRORS and any(isinstance(row[key], kind) and not isinstance(row[key], bool) for row in rows)
    ]


def _extremes(key: str, rows: Sequence[Mapping[str, Any]]) -> str:
    known = sorted((row for row in rows if row[key] is not None), key=lambda row: row[key])
    lowest, highest = (f"{_number(row[key])} ({_belongs_to(row)})" for row in (known[0], known[-1]))
    name = key.replace("_", " ").capitalize()
    return f"{name}: lowest {lowest}, highest {highest}."


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else score_text(value)


def _belongs_to(row: Mapping[str, Any]) -> str:
    words = [value for key, value in row.items() if isinstance(value, str) and value and not key.endswith("_id")]
    text = ", ".join(words)
    return text if len(text) <= _MOST_WORDS else f"{text[: _MOST_WORDS - 1]}…"
