"""The partition rule: from the fields of a document to its partition, by way of a key.

A key is made from one document alone and is small: where it comes from (its collection, or its root), then one value
per field of `partition_by`. What a key is called may depend on all of them (`bins: auto`), so names are given when all
documents are known.
"""

from typing import Any, NamedTuple

from ..hashing import Draws
from ..splits import BY_HASH, SPLITS
from .automatic_bins import as_years, cut_bins
from .naming import NamingRules
from .values import FieldRule, SplitRule


class Leftover(NamedTuple):
    """Why a document belongs to no partition, and the value that is the reason where that says more."""

    reason: str
    value: str = ""


class Partition(NamedTuple):
    """What a key means: the name of the partition, and the value of each field, the coarsest first."""

    name: str
    origin: str
    values: dict[str, str]


Key = tuple[str | int | float, ...]


class PartitionRule:
    """Which partition and split a document belongs to.

    Args:
        rules (`NamingRules`): `partition_by` and what goes with it.
    """

    def __init__(self, rules: NamingRules) -> None:
        self.fields = [FieldRule(name, rules) for name in rules.partition_by]
        self.splits = SplitRule(rules.split_field, rules) if rules.split_field else None
        self.slices = rules.slices

    def sort_out(self, fields: dict[str, Any] | None, origin: str, drawn: Draws) -> tuple[Key, int] | Leftover:
        """Where a document belongs.

        Args:
            fields (`dict[str, Any] | None`): the document's fields; `None` if its path does not match `path_regex`.
            origin (`str`): its collection or root.
            drawn (`Draws`): its draws; one decides its random slice.

        Returns:
            `tuple[Key, int]` or `Leftover`: its key, and the number of the split that the data gives it (`BY_HASH`
            where its draw decides); or why it belongs nowhere.
        """
        if fields is None:
            return Leftover("the path does not match path_regex")
        key, split = self._key(fields, origin, drawn), self._split(fields)
        problem = next((part for part in (key, split) if isinstance(part, Leftover)), None)
        return problem or (key, split)

    def _key(self, fields: dict[str, Any], origin: str, drawn: Draws) -> Key | Leftover:
        values: list[str | int | float] = [origin]
        for rule in self.fields:
            if rule.name == "slice" and self.slices:
                number = drawn.slice * self.slices >> 32
                values.append(f"slice-{number + 1}-of-{self.slices}")
                continue
            raw = fields.get(rule.name)
            value, problem = rule.value(raw)
            if problem:
                says_more = rule.has_bins and raw != "" and isinstance(raw, (str, int, float))
                return Leftover(problem, f" ({raw!r:.40})" if says_more else "")
            values.append(value)
        return tuple(values)

    def _split(self, fields: dict[str, Any]) -> int | Leftover:
        if self.splits is None:
            return BY_HASH
        split, problem = self.splits.value(fields.get(self.splits.name))
        return Leftover(problem) if problem else SPLITS.index(split)

    def matched(self) -> list[list[str]]:
        """The entries of `value_map`, `value_regex` and `bins` that matched a document so far."""
        rules = [*self.fields, *([self.splits] if self.splits else [])]
        return sorted([kind, rule.name, entry] for rule in rules for kind, entry in rule.matched)

    def partitions(self, keys: list[Key], tokens: list[float], bin_tokens: int | None) -> list[Partition]:
        """The partitions of keys.

        Args:
            keys (`list[Key]`): all keys of a collection.
            tokens (`list[float]`): about how many training tokens each has.
            bin_tokens (`int | None`): what automatic bins are cut for.
        """
        columns = [list(column) for column in zip(*keys, strict=True)]
        for place, rule in enumerate(self.fields, start=1):
            if rule.is_automatic:
                others = [key[1:place] + key[place + 1 :] for key in keys]
                columns[place] = cut_bins(as_years(rule.name, columns[place]), others, tokens, bin_tokens)
        names = [rule.name for rule in self.fields]
        return [
            Partition("_".join(map(str, values)), str(origin), dict(zip(names, map(str, values), strict=True)))
            for origin, *values in zip(*columns, strict=True)
        ]
