"""From the value of a field to its part in a partition's name: other names, regular expressions, bins."""

import re
from typing import Any

from .bins import AUTO, Bins
from .naming import NamingRules


NO_VALUE = "null"
_SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val", "test": "test"}


class FieldRule:
    """What one field contributes to the partition.

    Args:
        name (`str`): the field.
        rules (`NamingRules`): the rules of all fields.
    """

    def __init__(self, name: str, rules: NamingRules) -> None:
        self.name = name
        self._place = rules.places.get(name, name)
        self._map = rules.value_map.get(name, {})
        self._regexes = [(re.compile(regex), to) for regex, to in rules.value_regex.get(name, {}).items()]
        bins = rules.bins.get(name)
        self.is_automatic = bins == AUTO
        self._bins = Bins(name, bins) if bins is not None else None
        self.has_bins = bins is not None
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
            return None, f"field {self.name!r} is a {kind}; name a part of it: fields: {{{self.name}: {part}}}"
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

    def value(self, raw: Any) -> tuple[str | None, str | None]:
        value, problem = super().value(raw)
        if problem or value in _SPLITS:
            return _SPLITS.get(value), problem
        return None, f"field {self.name!r} is none of {', '.join(_SPLITS)}; give it a name with `value_map`"
