"""Tables and paragraphs as plain text that fits the terminal."""

import shutil
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence

from .short_names import short_names
from .terminal import BEST, HEADING, painted


# Where there is no terminal to ask: what a page of GitHub or a log viewer shows without scrolling.
_COLUMNS = 100
_GAP = "  "
_LEAST, _MOST = 20, 48  # characters of a column of text in a table that has to be narrowed
_NAMES = (48, 32, 24, 16)  # characters that names may be shortened to in such a table
_ADDRESS = "://"  # which nobody can follow where it is shortened

# A printed line, and the row that it is of: 0 for the headers, None for what is no row.
_Line = tuple[str, int | None]


def text_table(
    headers: Sequence[str] | None,
    rows: Sequence[Sequence[str]],
    left: Collection[int] = (0,),
    keys: int = 1,
    best: int | None = None,
    below: str = "",
) -> str:
    """Columns aligned with spaces: those numbered in `left` to the left, the others to the right.

    A table that is wider than the terminal (than 100 characters where there is none; `COLUMNS` sets another width) has
    its columns of text and its headers wrapped between words. If that is not enough, it is printed in several parts,
    each of which begins with the first `keys` columns, or its long names are shortened and spelled out below it:
    whatever takes the fewest lines. Nothing is left out.

    On a terminal with colours, the headers and the best row stand out.

    Args:
        headers (`Sequence[str]`, *optional*): [columns]; none where cells say themselves what they are.
        rows (`Sequence[Sequence[str]]`): [rows, columns].
        left (`Collection[int]`): the columns of text.
        keys (`int`): the first columns, which tell rows apart.
        best (`int`, *optional*): the row to point out.
        below (`str`): a remark on the rows, directly below them.

    Example:

    ```python
    >>> print(text_table(["unit", "tokens"], [["sympy", "10"], ["pandas", "9"]]))
    unit    tokens
    sympy       10
    pandas       9

    ```
    """
    columns = list(zip(headers or [""] * len(rows[0]), *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    if _total(widths) <= line_width():
        lines, names = _aligned(columns, range(len(columns)), widths, left), {}
    else:
        forms = [_form(columns, left, keys, most) for most in _NAMES]
        lines, names = min(forms, key=lambda form: sum(map(len, form)))
    styles = {0: HEADING} if best is None else {0: HEADING, best + 1: BEST}
    remarks = [*([paragraph(below)] if below else []), *_legend(names)]
    shown = (painted(text, styles.get(row)) for text, row in lines if headers or row != 0)
    return "\n".join([*shown, *remarks])


def paragraph(text: str) -> str:
    """A text as lines that fit the terminal."""
    return textwrap.fill(text, line_width(), break_long_words=False, break_on_hyphens=False)


def line_width() -> int:
    """The characters of a line: of the terminal, or as `COLUMNS` says."""
    return shutil.get_terminal_size((_COLUMNS, 24)).columns


def _form(
    columns: list[tuple[str, ...]], left: Collection[int], keys: int, most: int
) -> tuple[list[_Line], dict[str, str]]:
    """The lines of a table that is too wide, with names of at most so many characters; and the shortened names."""
    texts = [cell for place, column in enumerate(columns) for cell in (column if place in left else column[:1])]
    names = short_names({word for text in texts for word in text.split() if _ADDRESS not in word}, most)
    columns = [
        (_shortened(column[0], names), *(_shortened(cell, names) if place in left else cell for cell in column[1:]))
        for place, column in enumerate(columns)
    ]
    fewest = [_fewest(column, place in left) for place, column in enumerate(columns)]
    most_text = min(_MOST, line_width() // 2)
    widths = [
        min(max(map(len, column)), max(few, most_text)) if place in left else few
        for place, (column, few) in enumerate(zip(columns, fewest, strict=True))
    ]
    fits = _total(_narrowed(widths, fewest)) <= line_width()
    lines: list[_Line] = []
    for part in [range(len(columns))] if fits else _parts(widths, keys):
        own = _narrowed([widths[place] for place in part], [fewest[place] for place in part])
        lines += [*([("", None)] if lines else []), *_aligned(columns, part, own, left)]
    return lines, names


def _shortened(text: str, names: Mapping[str, str]) -> str:
    return " ".join(names.get(word, word) for word in text.split(" "))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _fewest(column: tuple[str, ...], is_text: bool) -> int:
    """The characters that a column needs; numbers are not wrapped, headers are."""
    if is_text:
        return max(_LEAST, *map(_longest_word, column))
    return max([_longest_word(column[0]), *map(len, column[1:])])


def _longest_word(cell: str) -> int:
    return max(map(len, cell.split()), default=0)


def _narrowed(widths: Sequence[int], fewest: Sequence[int]) -> list[int]:
    """The widths with as much taken from them, the widest first, as the line needs, if that is possible."""
    widths = list(widths)
    for place in sorted(range(len(widths)), key=lambda place: -widths[place]):
        excess = max(_total(widths) - line_width(), 0)
        widths[place] -= min(excess, max(widths[place] - fewest[place], 0))
    return widths


def _parts(widths: Sequence[int], keys: int) -> list[list[int]]:
    """The columns of each part: the keys, and as many others as fit, at least one."""
    parts = [list(range(keys))]
    for place in range(keys, len(widths)):
        if len(parts[-1]) > keys and _total([widths[other] for other in (*parts[-1], place)]) > line_width():
            parts.append(list(range(keys)))
        parts[-1].append(place)
    return parts


def _aligned(
    columns: list[tuple[str, ...]], chosen: Sequence[int], widths: Sequence[int], left: Collection[int]
) -> list[_Line]:
    """The lines of the chosen columns; headers stand at the bottom of theirs, cells at the top."""
    lines = []
    for row in range(len(columns[0])):
        cells = [_wrapped(columns[place][row], width) for place, width in zip(chosen, widths, strict=True)]
        height = max(map(len, cells))
        cells = [
            [""] * (height - len(cell)) + cell if row == 0 else cell + [""] * (height - len(cell)) for cell in cells
        ]
        for texts in zip(*cells, strict=True):
            aligned = (
                text.ljust(width) if place in left else text.rjust(width)
                for text, place, width in zip(texts, chosen, widths, strict=True)
            )
            lines.append((_GAP.join(aligned).rstrip(), row))
    return lines


def _wrapped(cell: str, width: int) -> list[str]:
    if len(cell) <= width:
        return [cell]
    return textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)


def _legend(names: Mapping[str, str]) -> Iterable[str]:
    """What shortened names stand for; only a name that is longer than a line is broken."""
    for name, short in names.items():
        yield textwrap.fill(f"{short} = {name}", line_width(), subsequent_indent=_GAP, break_on_hyphens=False)
