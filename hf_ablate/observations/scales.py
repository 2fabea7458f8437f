"""Scales: names such as `60m` and `1B`, the numbers in them, and which one is asked about."""

import re
from collections.abc import Mapping


BASE = "base"  # what people read and write for the scale that has no name
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmbt]?)", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}


def size_of_scale(name: str) -> float | None:
    """The number that a scale's name stands for; `None` where it is not a number.

    Example:

    ```python
    >>> [size_of_scale(name) for name in ("60m", "1.1B", "large", "")]
    [60000000.0, 1100000000.0, None, None]

    ```
    """
    match = _SIZE.fullmatch(name.strip())
    return float(match[1]) * _FACTORS[match[2].lower()] if match else None


def choose_scale(asked: str | None, known: Mapping[str, float | None]) -> str:
    """The scale that is asked about.

    Args:
        asked (`str`, *optional*): what the user wrote; a scale without observations is possible. Default: the largest
            or, where the size of one is not known, the last.
        known (`Mapping[str, float | None]`): scale with observations → its size, in the order of their import.

    Example:

    ```python
    >>> known = {"60m": 6e7, "1m": 1e6}
    >>> choose_scale(None, known), choose_scale("0.06b", known), choose_scale("1B", known)
    ('60m', '60m', '1B')

    ```
    """
    if asked is None:
        has_sizes = all(size is not None for size in known.values())
        return max(known, key=known.__getitem__) if has_sizes else list(known)[-1]
    wanted = "" if asked == BASE else asked
    if wanted in known:
        return wanted
    size = size_of_scale(wanted)
    return next((name for name, other in known.items() if size is not None and other == size), wanted)
