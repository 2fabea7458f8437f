"""The rules that name partitions and splits, checked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputError, unknown_name
from .bins import AUTO, Bins


@dataclass(frozen=True)
class NamingRules:
    """How the fields of a document decide its partition and its split.

    Args:
        partition_by (`tuple[str, ...]`): the fields whose values name the partition, the coarsest first.
        split_field (`str | None`): the field that gives the split; without one, the hash of the document's id does.
        slices (`int | None`): the number of random slices, if `slice` is among `partition_by`.
        value_map (`Mapping[str, dict]`): field → value → name; `None` leaves documents out.
        value_regex (`Mapping[str, dict]`): field → regular expression → name.
        bins (`Mapping[str, Any]`): field → edges, ranges or `auto`.
        places (`Mapping[str, str]`): field → where it is in a row, for messages.
    """

    partition_by: tuple[str, ...]
    split_field: str | None = None
    slices: int | None = None
    value_map: Mapping[str, dict] = field(default_factory=dict)
    value_regex: Mapping[str, dict] = field(default_factory=dict)
    bins: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that decide where a document belongs."""
        return (*self.partition_by, *([self.split_field] if self.split_field else []))

    @property
    def has_automatic_bins(self) -> bool:
        """Whether bins of some field are cut by the number of tokens."""
        return AUTO in self.bins.values()

    def of_fields(
        self, partition_by: tuple[str, ...], split_field: str | None, places: Mapping[str, str]
    ) -> "NamingRules":
        """The same for a collection that has only some of the fields.

        Args:
            partition_by (`tuple[str, ...]`): the fields that name its partitions.
            split_field (`str | None`): the field that gives its splits.
            places (`Mapping[str, str]`): where its fields are.
        """
        fields = {*partition_by, split_field}
        by_kind = {
            kind: {name: entries for name, entries in entries_of.items() if name in fields}
            for kind, entries_of in self._by_kind().items()
        }
        slices = self.slices if "slice" in partition_by else None
        return NamingRules(partition_by, split_field, slices, **by_kind, places=places)

    def _by_kind(self) -> dict[str, Mapping[str, Any]]:
        return {"value_map": self.value_map, "value_regex": self.value_regex, "bins": self.bins}

    def check(self, bin_tokens: int | None) -> None:
        """Refuse rules for fields that decide nothing, and rules that cannot be read.

        Args:
            bin_tokens (`int | None`): what automatic bins are cut for.

        Raises:
            `InputError`: names the rule and what was expected.
        """
        for kind in ("value_map", "value_regex"):
            for name, entries in self._by_kind()[kind].items():
                _check_names_of_values(kind, name, entries)
        for kind, entries_of in self._by_kind().items():
            for name in entries_of:
                if name not in self.fields:
                    raise unknown_name(f"field in `{kind}`:", name, list(self.fields))
        for name, entries in self.value_regex.items():
            for regex in entries:
                _check_regex(name, regex)
            if name in self.bins:
                raise InputError(
                    f"field {name!r} has both `value_regex` and `bins`; only one of them can name its values"
                )
        for name, bins in self.bins.items():
            Bins(name, bins)
        if self.has_automatic_bins and not bin_tokens:
            name = next(name for name, bins in self.bins.items() if bins == AUTO)
            raise InputError(
                f"`bins` of {name!r} are cut automatically: that needs `bin_tokens` or a number of `unit_tokens`, the "
                "size to cut for"
            )
        if self.slices is not None and (self.slices < 2 or "slice" not in self.partition_by):
            raise InputError("`slices` must be at least 2, with `slice` among the fields in `partition_by`")

    @property
    def entries(self) -> set[tuple[str, str, str]]:
        """(`value_map`, `value_regex` or `bins`, field, entry) of all entries that documents should match."""
        return {
            (kind, name, str(entry))
            for kind, entries_of in self._by_kind().items()
            for name, entries in entries_of.items()
            if entries != AUTO
            for entry in entries
            if kind != "bins" or isinstance(entry, str)
        }


def check_all_matched(rules: Iterable[NamingRules], matched: set[tuple[str, str, str]]) -> None:
    """Refuse entries that no document matched: a misspelled value would go unnoticed.

    Args:
        rules (`Iterable[NamingRules]`): of all collections.
        matched (`set[tuple[str, str, str]]`): the entries that did match.

    Raises:
        `InputError`: names the entries.
    """
    if unmatched := sorted({entry for each in rules for entry in each.entries} - matched):
        listed = "; ".join(f"{entry!r} in `{kind}` of {name!r}" for kind, name, entry in unmatched[:5])
        more = f" and {len(unmatched) - 5} more" if len(unmatched) > 5 else ""
        raise InputError(f"no document matches {listed}{more}. Correct the entry, or take it out.")


def _check_names_of_values(kind: str, name: str, entries: Any) -> None:
    if not isinstance(entries, dict) or not entries:
        raise InputError(f"`{kind}` of {name!r} is {entries!r}; expected a mapping to names")
    for entry, to in entries.items():
        if not (isinstance(to, str) and to or to is None and kind == "value_map"):
            raise InputError(f"`{kind}` of {name!r} maps {entry!r} to {to!r}; expected a name in quotes")


def _check_regex(name: str, regex: str) -> None:
    try:
        re.compile(regex)
    except re.error as error:
        raise InputError(f"`value_regex` of {name!r}: {regex!r} is not a valid regular expression: {error}") from error
