"""Text that holds half a surrogate pair: JSON and names of files may, but it cannot be written as UTF-8."""

from collections.abc import Iterable
from typing import Any


def has_half_surrogate(value: Any) -> bool:
    r"""Whether a value, as text, holds half a surrogate pair: JSON may, UTF-8 may not.

    Example:

    ```python
    >>> has_half_surrogate("\ud83d"), has_half_surrogate("\U0001f600")
    (True, False)

    ```
    """
    text = str(value)
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def listed(names: Iterable[str]) -> str:
    """Names as a message lists them; what is not valid text is written as an escape."""
    return ", ".join(map(printable, names)) or "nothing"


def printable(name: str) -> str:
    r"""A name in which what cannot be written, such as bytes of file names that are not UTF-8, is an escape.

    Example:

    ```python
    >>> printable("caf\udce9")
    'caf\\udce9'

    ```
    """
    return name.encode("utf-8", "backslashreplace").decode()
