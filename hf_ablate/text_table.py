"""Tables and paragraphs as plain text that fits the terminal."""

import shutil
import textwrap
from collections.abc import Collection, Sequence


# Where there is no terminal to ask: what a page of GitHub or a log viewer shows without scrolling.
_COLUMNS = 100
_GAP = "  "
_LEAST, _MOST = 20, 48  # characters of a column of text in a table that has to be narrowed


def text_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], left: Collection[int] = (0,), keys: int = 1
) -> str:
    """Columns aligned with spaces: those numbered in `left` to the left, the others to the right.

    A table that is wider than the terminal (than 100 characters where there is none; `COLUMNS` sets another width) has
    its columns of text wrapped between words, and if that is not enough it is printed in several parts, each of which
    begins with the first `keys` columns. Nothing is cut off: only a word that is longer than a line sticks out.

    Args:
        headers (`Sequence[str]`): [columns].
        rows (`Sequence[Sequence[str]]`): [rows, columns].
        left (`Collection[int]`): the columns of text.
        keys (`int`): the first columns, which tell rows apart.

    Example:

    ```python
    >>> print(text_table(["unit", "tokens"], [["sympy", "10"], ["pandas", "9"]]))
    unit    tokens
    sympy       10
    pandas       9

    ```
    """
    columns = list(zip(headers, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    numbers, line = range(len(columns)), line_width()
    if _total(widths) > line:
        least = {column: max(_LEAST, *map(_longest_word, columns[column])) for column in left}
        most = min(_MOST, line // 2)
        widths = [min(width, max(most, least.get(column, width))) for column, width in enumerate(widths)]
        narrowed = _narrowed(widths, least, line)
        if _total(narrowed) > line:
            parts = _parts(widths, keys, line)
            return "\n\n".join(_aligned(columns, widths, left, part) for part in parts)
        widths = narrowed
    return _aligned(columns, widths, left, numbers)


def paragraph(text: str) -> str:
    """A text as lines that fit the terminal."""
    return textwrap.fill(text, line_width(), break_long_words=False, break_on_hyphens=False)


def line_width() -> int:
    """The characters of a line: of the terminal, or as `COLUMNS` says."""
    return shutil.get_terminal_size((_COLUMNS, 24)).columns


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _longest_word(cell: str) -> int:
    return max(map(len, cell.split()), default=0)


def _narrowed(widths: list[int], least: dict[int, int], line: int) -> list[int]:
    """The widths, with as much taken from the columns of text, the widest first, as the line needs."""
    widths = list(widths)
    for column in sorted(least, key=lambda column: -widths[column]):
        excess = max(_total(widths) - line, 0)
        widths[column] -= min(excess, max(widths[column] - least[column], 0))
    return widths


def _parts(widths: list[int], keys: int, line: int) -> list[list[int]]:
    """The columns of each part: the keys, and as many others as fit, at least one."""
    parts = [list(range(keys))]
    for column in range(keys, len(widths)):
        if len(parts[-1]) > keys and _total([widths[other] for other in (*parts[-1], column)]) > line:
            parts.append(list(range(keys)))
        parts[-1].append(column)
    return parts


def _aligned(columns: list[tuple[str, ...]], widths: list[int], left: Collection[int], chosen: Sequence[int]) -> str:
    lines = []
    for row in range(len(columns[0])):
        cells = [
            textwrap.wrap(columns[column][row], widths[column], break_long_words=False, break_on_hyphens=False)
            if len(columns[column][row]) > widths[column]
            else [columns[column][row]]
            for column in chosen
        ]
        for number in range(max(map(len, cells))):
            texts = [cell[number] if number < len(cell) else "" for cell in cells]
            aligned = [
                text.ljust(widths[column]) if column in left else text.rjust(widths[column])
                for text, column in zip(texts, chosen, strict=True)
            ]
            lines.append(_GAP.join(aligned).rstrip())
    return "\n".join(lines)
