"""A row with fields to a document: which field holds the text, the id, and what partitions depend on."""

from collections.abc import Iterable, Iterator
from typing import Any

from ...half_surrogates import has_half_surrogate, listed
from ..inputs.input_file import InputFile
from .document_format import DocumentFormat
from .documents import BadRow, BadRows, Document


_MISSING = object()


def documents_of(
    numbered: Iterable[tuple[int, dict[str, Any] | BadRow]], file: InputFile, form: DocumentFormat, bad_rows: BadRows,
    rows: set[int] | None,
) -> Iterator[Document]:  # fmt: skip
    """The documents that the rows of a table describe.

    Args:
        numbered (`Iterable[tuple[int, dict[str, Any] | BadRow]]`): the rows with their numbers, from 0; of a row that
            could not be read, why.
        file (`InputFile`): the file that they are in.
        form (`DocumentFormat`): which fields hold what.
        bad_rows (`BadRows`): takes the rows that are not documents.
        rows (`set[int] | None`): only these rows.
    """
    for row, values in numbered:
        if rows is None or row in rows:
            try:
                if isinstance(values, BadRow):
                    raise values
                yield document_of(values, file, row, form, "row")
            except BadRow as bad:
                bad_rows.handle(bad)


def document_of(
    values: dict[str, Any], file: InputFile, row: int, form: DocumentFormat, what: str = "line"
) -> Document:
    """The document that a row describes.

    Args:
        values (`dict[str, Any]`): the row.
        file (`InputFile`): the file that it is in.
        row (`int`): the number of the row, from 0.
        form (`DocumentFormat`): which fields hold what.
        what (`str`): what messages call a row.

    Raises:
        `BadRow`: if the text is missing or not a string, or another field is not valid text.
    """
    text = look_up(values, form.text_field)
    if not isinstance(text, str):
        place = f"{file.name}, {what} {row + 1}"
        if text is _MISSING:
            raise missing_text(place, form, list(values))
        raise BadRow(place, f"field {form.text_field!r} is a {type(text).__name__}, not a string")
    identity = look_up(values, form.id_field) if form.id_field else _MISSING
    if identity is _MISSING or identity is None:
        identity = f"{file.name}:{row}"
    try:
        identity = str(identity)
    except RecursionError:
        raise BadRow(f"{file.name}, {what} {row + 1}", f"field {form.id_field!r} is nested too deep") from None
    fields = partition_fields(values, file, form)
    if not identity.isascii() and has_half_surrogate(identity):
        raise BadRow(f"{file.name}, {what} {row + 1}", f"field {form.id_field!r} holds half a surrogate pair")
    for name, value in fields.items() if fields else ():
        if value.__class__ is str and not value.isascii() and has_half_surrogate(value):
            raise BadRow(f"{file.name}, {what} {row + 1}", f"field {name!r} holds half a surrogate pair")
    return Document(row, identity, text, fields)


def missing_text(place: str, form: DocumentFormat, columns: list[str]) -> BadRow:
    """The error for a row or a file without the text.

    Args:
        place (`str`): the file, and the row if only that lacks it.
        form (`DocumentFormat`): which field should hold it.
        columns (`list[str]`): the fields that there are.
    """
    return BadRow(place, f"field {form.text_field!r} is missing", f"`text_field` names it; it has {listed(columns)}")


def partition_fields(values: dict[str, Any], file: InputFile, form: DocumentFormat) -> dict[str, Any] | None:
    """The fields that partitions depend on: from the path, or else from the row.

    Args:
        values (`dict[str, Any]`): the row.
        file (`InputFile`): the file that it is in, with the fields of its path.
        form (`DocumentFormat`): which fields are needed, and where they are.

    Returns:
        `dict[str, Any]` or `None`: field → value, without those that are missing; `None` if `path_regex` does not
        match the path.
    """
    if file.fields is None:
        return None
    fields: dict[str, Any] = dict(file.fields)
    for name in form.partition_fields:
        if name not in fields:
            place = form.places.get(name, name)
            value = file.fields[place] if place in file.fields else look_up(values, place)
            if value is not _MISSING:
                fields[name] = value
    return fields


def look_up(values: dict[str, Any], name: str) -> Any:
    """A field by name.

    `a.b` is field b of struct a and `a.0` the first element of list a, unless a field has that very name.

    Example:

    ```python
    >>> look_up({"meta": {"areas": ["art", "law"]}}, "meta.areas.1")
    'law'

    ```
    """
    if name in values:
        return values[name]
    value: Any = values
    for part in name.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, (list, tuple)) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return _MISSING
    return value
