"""A row with fields to a document: which field holds the text, the id, and what partitions go by."""

from typing import Any

from ..arguments import PartitionArguments
from ..inputs import InputFile
from .documents import BadRow, Document


_MISSING = object()


def document_of(values: dict[str, Any], file: InputFile, row: int, arguments: PartitionArguments) -> Document:
    """The document that a row describes.

    Raises:
        `BadRow`: if the text is missing or no string.
    """
    text = look_up(values, arguments.text_field)
    if not isinstance(text, str):
        what = "is missing" if text is _MISSING else f"is a {type(text).__name__}, not a string"
        raise BadRow(f"{file.name}, line {row + 1}", f"field {arguments.text_field!r} {what}")
    identity = look_up(values, arguments.id_field) if arguments.id_field else _MISSING
    if identity is _MISSING or identity is None:
        identity = f"{file.name}:{row}"
    return Document(row, str(identity), text, partition_fields(values, file, arguments))


def partition_fields(values: dict[str, Any], file: InputFile, arguments: PartitionArguments) -> dict[str, Any]:
    """The fields that partitions go by: from the path, or else from the row."""
    fields = dict(file.fields or {})
    for name in arguments.needed_fields:
        if name not in fields:
            value = look_up(values, name)
            if value is not _MISSING:
                fields[name] = value
    return fields


def look_up(values: dict[str, Any], name: str) -> Any:
    """A field by name; `a.b` is field b of struct a, unless a field is really called `a.b`."""
    if name in values:
        return values[name]
    value: Any = values
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return _MISSING
        value = value[part]
    return value
