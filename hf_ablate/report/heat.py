"""Colours of table cells."""


def heat_colour(value: float | None, values: list[float]) -> str:
    """A CSS colour for a cell: the best (lowest) of the values is the strongest, the worst has none.

    Example:

    ```python
    >>> heat_colour(1.0, [1.0, 2.0])
    'rgb(var(--heat) / 0.42)'
    >>> heat_colour(2.0, [1.0, 2.0])
    'rgb(var(--heat) / 0.00)'

    ```
    """
    known = [other for other in values if other is not None]
    if value is None or not known or max(known) == min(known):
        return "transparent"
    share = (max(known) - value) / (max(known) - min(known))
    return f"rgb(var(--heat) / {0.42 * share:.2f})"
