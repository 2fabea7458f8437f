"""The partition rule: from the fields of a document to the name of its partition."""

from typing import Any, NamedTuple

from .arguments import PartitionArguments


class Leftover(NamedTuple):
    """Why a document belongs to no partition."""

    reason: str
    example: str


class PartitionRule:
    """Which partition a document belongs to: the values of the fields in `partition_by`, joined by `_`."""

    def __init__(self, arguments: PartitionArguments) -> None:
        self.fields = arguments.partition_by

    def key(self, fields: dict[str, Any] | None) -> tuple[str, ...] | Leftover:
        """The values that decide a document's partition, or why there are none."""
        if fields is None:
            return Leftover("the path does not match path_regex", "")
        values = []
        for name in self.fields:
            value = fields.get(name)
            if value is None or value == "" or value == []:
                return Leftover(f"has no field {name!r}", "")
            values.append(str(value))
        return tuple(values)

    def name(self, key: tuple[str, ...]) -> str:
        """The partition that a key stands for."""
        return "_".join(key)
