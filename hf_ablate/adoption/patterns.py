"""Names with placeholders, `Biology_{years}`, and what they stand for."""

import re
from collections.abc import Mapping

from ..errors import InputError


_PLACEHOLDER = re.compile(r"\{(\w+)\}")
UNIT = "unit"  # the placeholder for the whole name


def split_assignment(text: str, option: str) -> tuple[str, str]:
    """The two sides of `NAME=MODEL`, at the last sign of equality: names of groups hold one too.

    Args:
        text (`str`): the assignment.
        option (`str`): where it was given, for the message.

    Raises:
        `InputError`: if a side is missing.

    Example:

    ```python
    >>> split_assignment("field=Biology=claran/s2orc-biology-seq-130m", "reference")
    ('field=Biology', 'claran/s2orc-biology-seq-130m')

    ```
    """
    name, _, model = text.rpartition("=")
    if not name.strip() or not model.strip():
        raise InputError(f"`{option}` has {text!r}; expected {_FORMS[option]}")
    return name.strip(), model.strip()


_FORMS = {
    "component": "UNIT=MODEL, for example code=models/code or '{field}_{years}=ORG/{field}-{years}'",
    "reference": "MIXTURE=MODEL, for example field=Biology=models/biology or 'code + web=models/both'",
}


def has_placeholder(pattern: str) -> bool:
    """Whether a name stands for several.

    Example:

    ```python
    >>> has_placeholder("Biology_{years}"), has_placeholder('{"code": 1}')
    (True, False)

    ```
    """
    return _PLACEHOLDER.search(pattern) is not None


def match(pattern: str, name: str, fields: Mapping[str, str] | None = None) -> dict[str, str] | None:
    """What the placeholders of a pattern stand for in a name; `None` if the name is of another form.

    Args:
        pattern (`str`): text and placeholders.
        name (`str`): of a unit or group.
        fields (`Mapping[str, str]`, *optional*): what is known of it: placeholders of these names have these values.

    Example:

    ```python
    >>> match("{field}_{years}", "Biology_1970-1993")
    {'field': 'Biology', 'years': '1970-1993'}
    >>> match("{field}_{years}", "cs_ai_2010", {"field": "cs_ai"})
    {'field': 'cs_ai', 'years': '2010'}

    ```
    """
    known, seen = {UNIT: name, **(fields or {})}, set()
    parts = _PLACEHOLDER.split(pattern)  # text and names of placeholders in turn
    for position, part in enumerate(parts):
        if position % 2 == 0:
            parts[position] = re.escape(part)
        elif part in seen:
            parts[position] = f"(?P={part})"
        else:
            parts[position] = f"(?P<{part}>{re.escape(known[part]) if part in known else '.+?'})"
            seen.add(part)
    found = re.fullmatch("".join(parts), name, re.DOTALL)
    return found and found.groupdict()


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """A pattern with its placeholders replaced.

    Args:
        pattern (`str`): text and placeholders.
        values (`Mapping[str, str]`): placeholder → value.

    Raises:
        `InputError`: for a placeholder without a value.

    Example:

    ```python
    >>> filled("claran/s2orc-biology{years}-ind-130m", {"years": "1970-1993"})
    'claran/s2orc-biology1970-1993-ind-130m'

    ```
    """
    for name in _PLACEHOLDER.findall(pattern):
        if name not in values:
            raise InputError(f"{pattern!r} has the placeholder {{{name}}}; known are {_listed(values)}")
    return _PLACEHOLDER.sub(lambda found: values[found[1]], pattern)


def expanded(pattern: str, model: str, names: Mapping[str, Mapping[str, str]], kind: str) -> dict[str, str]:
    """The names that a pattern stands for, each with its model.

    Args:
        pattern (`str`): a name, or a pattern with placeholders.
        model (`str`): folder or Hub id, with the same placeholders, or those of fields.
        names (`Mapping[str, Mapping[str, str]]`): all names, and the fields of each.
        kind (`str`): what the names are of, for the message.

    Raises:
        `InputError`: if no name is of this form, and for placeholders that mean nothing.

    Example:

    ```python
    >>> expanded("bio_{years}", "models/{years}", {"bio_2010": {}, "bio_2011": {}, "cs": {}}, "unit")
    {'bio_2010': 'models/2010', 'bio_2011': 'models/2011'}

    ```
    """
    found: dict[str, str] = {}
    for name, fields in names.items():
        values = match(pattern, name, fields)
        if values is not None:
            found[name] = filled(model, {UNIT: name, **fields, **values})
    if not found:
        some = list(names)
        more = f" and {len(some) - 5} more" if len(some) > 5 else ""
        raise InputError(f"no {kind} is of the form {pattern!r}; known are {', '.join(some[:5]) or 'none'}{more}")
    return found


def _listed(values: Mapping[str, str]) -> str:
    return ", ".join(f"{{{name}}}" for name in values) or "none"
