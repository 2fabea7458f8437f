"""What the methods of a study take, as the options of the commands."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..errors import unknown_name
from ..mixtures.mixture import Mixture


def as_option(value: str | Mapping[str, float] | Mixture) -> str:
    """A mixture or target as the command line takes it.

    Example:

    ```python
    >>> as_option("best"), as_option({"pandas": 2, "torch": 1})
    ('best', '{"pandas": 2, "torch": 1}')

    ```
    """
    if isinstance(value, str):
        return value
    return json.dumps(value.weights if isinstance(value, Mixture) else dict(value))


def check_options(options: dict[str, Any], arguments_class: type) -> None:
    """Raise `InputError`, with the nearest name, for an option that a command does not take."""
    known = [entry.name for entry in fields(arguments_class)]
    for name in options:
        if name not in known:
            raise unknown_name("option", name, known)
