"""Tables as plain text."""

from collections.abc import Collection, Sequence


def text_table(headers: Sequence[str], rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """Columns aligned with spaces: those numbered in `left` to the left, the others to the right.

    Args:
        headers (`Sequence[str]`): [columns].
        rows (`Sequence[Sequence[str]]`): [rows, columns].
        left (`Collection[int]`): the columns of text.

    Example:

    ```python
    >>> print(text_table(["unit", "tokens"], [["sympy", "10"], ["pandas", "9"]]))
    unit    tokens
    sympy       10
    pandas       9

    ```
    """
    lines = [headers, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = [
        [
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    return "\n".join("  ".join(cells).rstrip() for cells in aligned)
