"""From the value of a field to the value that a partition goes by: other names, regular expressions, bins."""

import re
from typing import TYPE_CHECKING, Any

from ...errors import InputError, unknown_name
from .bins import AUTO, Bins


if TYPE_CHECKING:
    from ..arguments import PartitionArguments


NO_VALUE = "null"
_SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val", "test": "test"}


class FieldRule:
    """What one field contributes to the partition.

    Args:
        name (`str`): the field.
        arguments (`PartitionArguments`): their `value_map`, `value_regex` and `bins`.
    """

    def __init__(self, name: str, arguments: "PartitionArguments") -> None:
        self.name = name
        self._place = arguments.fields.get(name, name)
        self._map = arguments.value_map.get(name, {})
        self._regexes = [(re.compile(regex), to) for regex, to in arguments.value_regex.get(name, {}).items()]
        bins = arguments.bins.get(name)
        self.is_automatic = bins == AUTO
        self._bins = Bins(name, bins) if bins is not None else None
        self.matched: set[tuple[str, str]] = set()

    def value(self, raw: Any) -> tuple[Any, str | None]:
        """(value, None), or (None, why the document belongs to no partition)."""
        if raw is None or raw == "" or raw == []:
            if NO_VALUE not in self._map:
                return None, f"has no field {self.name!r}"
            raw = NO_VALUE
        if isinstance(raw, (list, dict)):
            kind = "list" if isinstance(raw, list) else "struct"
            part = f"{self._place}.{0 if isinstance(raw, list) else 'NAME'}"
            return None, f"field {self.name!r} is a {kind}; say which part of it: fields: {{{self.name}: {part}}}"
        text = str(raw)
        if text in self._map:
            self.matched.add(("value_map", text))
            text = raw = self._map[text]
            if raw is None:
                return None, f"left out by value_map of {self.name!r}"
        if self._regexes:
            return self._by_regex(text)
        if self._bins:
            value, entry, problem = self._bins.value(raw)
            if entry:
                self.matched.add(("bins", entry))
            return value, problem
        return text, None

    def _by_regex(self, text: str) -> tuple[str | None, str | None]:
        for regex, name in self._regexes:
            if match := regex.search(text):
                self.matched.add(("value_regex", regex.pattern))
                return match.expand(name), None
        return None, f"field {self.name!r} has a value that no value_regex matches"


class SplitRule(FieldRule):
    """The split that a field gives: train, val (also valid, validation, dev) or test."""

    def __init__(self, arguments: "PartitionArguments") -> None:
        super().__init__(arguments.split_field, arguments)

    def value(self, raw: Any) -> tuple[str | None, str | None]:
        value, problem = super().value(raw)
        if problem or value in _SPLITS:
            return _SPLITS.get(value), problem
        return None, f"field {self.name!r} is none of {', '.join(_SPLITS)}; give it a name with `value_map`"


def check_rules(arguments: "PartitionArguments") -> None:
    """Refuse rules for fields that nothing goes by, and rules that cannot be read.

    Raises:
        `InputError`: names the rule and what was expected.
    """
    for kind in ("value_map", "value_regex"):
        for name, entries in getattr(arguments, kind).items():
            if not isinstance(entries, dict) or not entries:
                raise InputError(f"`{kind}` of {name!r} is {entries!r}; expected a mapping to names")
            for entry, to in entries.items():
                if not (isinstance(to, str) and to or to is None and kind == "value_map"):
                    raise InputError(f"`{kind}` of {name!r} maps {entry!r} to {to!r}; expected a name in quotes")
    for kind in ("value_map", "value_regex", "bins"):
        for name in getattr(arguments, kind):
            if name not in arguments.needed_fields:
                raise unknown_name(f"field in `{kind}`:", name, arguments.needed_fields)
    for name, entries in arguments.value_regex.items():
        for regex in entries:
            try:
                re.compile(regex)
            except re.error as error:
                raise InputError(f"`value_regex` of {name!r}: {regex!r} is no regular expression: {error}") from error
        if name in arguments.bins:
            raise InputError(f"field {name!r} has both `value_regex` and `bins`; only one of them can name its values")
    for name, bins in arguments.bins.items():
        Bins(name, bins)
        if bins == AUTO and not arguments.unit_tokens:
            raise InputError(
                f"`bins` of {name!r} are cut automatically: that needs `unit_tokens`, the size to cut for"
            )
    if arguments.slices is not None and (arguments.slices < 2 or "slice" not in arguments.partition_by):
        raise InputError("`slices` must be at least 2, with `slice` among the fields in `partition_by`")


def check_all_matched(arguments: "PartitionArguments", matched: set[tuple[str, str, str]]) -> None:
    """Refuse entries of rules that no document matched: a misspelled value would go unnoticed.

    Raises:
        `InputError`: names the entries.
    """
    given = {
        (kind, name, str(entry))
        for kind in ("value_map", "value_regex", "bins")
        for name, entries in getattr(arguments, kind).items()
        if entries != AUTO
        for entry in entries
        if kind != "bins" or isinstance(entry, str)
    }
    if unmatched := sorted(given - matched):
        listed = "; ".join(f"{entry!r} in `{kind}` of {name!r}" for kind, name, entry in unmatched[:5])
        more = f" and {len(unmatched) - 5} more" if len(unmatched) > 5 else ""
        raise InputError(f"no document matches {listed}{more}. Correct the entry, or take it out.")
