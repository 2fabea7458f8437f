"""The units of a corpus, and names for several of them: patterns and groups."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..corpus.description import CorpusDescription
from ..corpus.names import matching
from ..errors import InputError, unknown_name
from ..manifest import has_manifest, read_manifest
from ..run_folder import RunFolder


@dataclass(frozen=True)
class CorpusUnits:
    """The units of a corpus, and what it records of them.

    Args:
        names (`list[str]`): the units, in order.
        groups (`dict[str, list[str]]`): group (`FIELD=VALUE`) → its units; empty where the corpus records none.
        tokens (`dict[str, int]`): unit → tokens of its whole partition, before it was cut to the budget.

    Example:

    ```python
    >>> units = CorpusUnits(["bio_1", "bio_2", "cs"], groups={"field=bio": ["bio_1", "bio_2"], "field=cs": ["cs"]})
    >>> units.named("field=bio"), units.named("*_1"), units.named("cs")
    (['bio_1', 'bio_2'], ['bio_1'], ['cs'])

    ```
    """

    names: list[str]
    groups: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, run_dir: Path) -> "CorpusUnits":
        """The units of a run folder's corpus or, where there is none, of the runs that it has imported.

        Raises:
            `InputError`: if it has neither.
        """
        folder = RunFolder(run_dir)
        if has_manifest(folder.observations) and not has_manifest(folder.corpus):
            return cls(read_manifest(folder.observations)["arguments"]["units"])
        return cls.of(CorpusDescription.read(run_dir))

    @classmethod
    def of(cls, corpus: CorpusDescription) -> "CorpusUnits":
        """The units of a corpus, finished or planned."""
        groups: dict[str, list[str]] = {}
        for unit, text in corpus.units.items():
            # a field of the documents that is itself called `source` comes before the roots
            values_of_fields = {"source": text.roots} | {name: (value,) for name, value in text.fields.items()}
            for name, values in values_of_fields.items():
                for value in values:
                    groups.setdefault(f"{name}={value}", []).append(unit)
        tokens = {unit: text.available_tokens or 0 for unit, text in corpus.units.items()}
        return cls(list(corpus.units), groups, tokens)

    def named(self, name: str) -> list[str]:
        """The units that a unit's name, a pattern or a group means.

        Raises:
            `InputError`: if there is none, with the nearest name.
        """
        if name in self.names or "=" not in name:
            return matching([name], self.names, kind="unit")
        return list(dict.fromkeys(unit for members in self.groups_named([name]).values() for unit in members))

    def all_named(self, names: list[str]) -> list[str]:
        """The units that several names mean, in the order of the names, each once."""
        return list(dict.fromkeys(unit for name in names for unit in self.named(name)))

    @property
    def fields(self) -> list[str]:
        """The fields by whose values there are groups, `source` last."""
        fields = dict.fromkeys(group.partition("=")[0] for group in self.groups)
        return sorted(fields, key=lambda name: name == "source")

    @cached_property
    def first_groups(self) -> dict[str, list[str]]:
        """Group → its units, by the first field that a unit has a value of: that of its name, before its source.

        Example:

        ```python
        >>> groups = {"source=s2orc": ["bio_1", "bio_2"], "field=bio": ["bio_1", "bio_2"], "year=1": ["bio_1"]}
        >>> CorpusUnits(["bio_1", "bio_2", "art"], groups | {"category=art": ["art"]}).first_groups
        {'field=bio': ['bio_1', 'bio_2'], 'category=art': ['art']}

        ```
        """
        first: dict[str, str] = {}
        for name in self.fields:
            for group in self.groups_of(name):
                first = dict.fromkeys(self.groups[group], group) | first
        groups: dict[str, list[str]] = {}
        for unit in filter(first.get, self.names):
            groups.setdefault(first[unit], []).append(unit)
        return groups

    @cached_property
    def largest_groups(self) -> list[tuple[str, list[str]]]:
        """The groups of two units or more, each with its units, the largest first."""
        several = [group for group in self.groups.items() if len(group[1]) > 1]
        return sorted(several, key=lambda group: -len(group[1]))

    @cached_property
    def largest_first_groups(self) -> list[tuple[str, list[str]]]:
        """Those of `first_groups` with two units or more, in their order."""
        return [group for group in self.first_groups.items() if len(group[1]) > 1]

    def groups_named(self, names: list[str]) -> dict[str, list[str]]:
        """Group → its units, of all groups of a field (`field`), or of those that a pattern means (`field=bio*`).

        Raises:
            `InputError`: for an unknown field or group, with the nearest name.
        """
        named: dict[str, list[str]] = {}
        for name in names:
            field, equals, _ = name.partition("=")
            groups = self.groups_of(field, asked=name)
            chosen = matching([name], groups, kind="group") if equals else groups
            named |= {group: self.groups[group] for group in chosen}
        return named

    def divided_by(self, field: str) -> dict[str, list[str]]:
        """Group → its units, of all groups of a field, where every unit is in one of them.

        Raises:
            `InputError`: for an unknown field, and a unit that is in none of its groups or in several.
        """
        values = self.values_of(field)
        for unit in self.names:
            of_unit = values.get(unit, [])
            if len(of_unit) != 1:
                which = f"is of {' and '.join(of_unit)}" if of_unit else f"has no value of {field!r}"
                raise InputError(
                    f"the units are to be divided by the field {field!r}, and unit {unit!r} {which}; leave it out by "
                    "`exclude_units`, or divide by another field"
                )
        return {group: self.groups[group] for group in self.groups_of(field)}

    def values_of(self, field: str) -> dict[str, list[str]]:
        """Unit → its values of a field: one or, of `source`, perhaps several; a unit without any is not there.

        Raises:
            `InputError`: if the corpus records no groups, or not of this field.
        """
        values: dict[str, list[str]] = {}
        for group in self.groups_of(field):
            for unit in self.groups[group]:
                values.setdefault(unit, []).append(group.partition("=")[2])
        return values

    def groups_of(self, field: str, asked: str | None = None) -> list[str]:
        """The groups by the values of a field.

        Args:
            field (`str`): a field that the corpus was partitioned by, or `source`.
            asked (`str`, *optional*): what the user wrote, for the message.

        Raises:
            `InputError`: if the corpus records no groups, or not of this field.
        """
        if not self.fields:
            raise InputError(
                f"{asked or field!r} asks for groups of units, but the corpus records none; name units, or patterns "
                "such as 'cs_*'"
            )
        if field not in self.fields:
            raise unknown_name("field", field, self.fields)
        return [group for group in self.groups if group.partition("=")[0] == field]

    def tokens_of_all(self) -> dict[str, int]:
        """Unit → tokens of its whole partition.

        Raises:
            `InputError`: if the corpus does not record them for every unit.
        """
        for unit in self.names:
            if not self.tokens.get(unit):
                raise InputError(
                    f"the corpus does not record the available tokens of unit {unit!r}; use uniform instead of "
                    "available_tokens"
                )
        return {unit: self.tokens[unit] for unit in self.names}

    def only(self, names: list[str]) -> "CorpusUnits":
        """The same for some of the units, in the given order; groups without any of them are left out."""
        groups = {group: [unit for unit in names if unit in members] for group, members in self.groups.items()}
        return CorpusUnits(names, {group: members for group, members in groups.items() if members}, self.tokens)
