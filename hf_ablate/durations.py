"""Times in words."""


def duration_text(seconds: float | None) -> str:
    """A time for people.

    Example:

    ```python
    >>> [duration_text(seconds) for seconds in (None, 0.4, 12, 300, 9000)]
    ['-', '0 s', '12 s', '5.0 min', '2.5 h']

    ```
    """
    if seconds is None:
        return "-"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
