"""Groups: what documents are needed for. One per unit and split, one for the seed, two per evaluation partition."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .arguments import PartitionArguments
from .names import check_names, matching
from .rules import Partition


SPLITS = ("train", "val", "test")
GIVEN_SPLIT = {split: 2.0 + number for number, split in enumerate(SPLITS)}  # in place of a fraction in [0, 1)


@dataclass(frozen=True)
class Group:
    """Documents of one partition and split; for the seed, of all its partitions."""

    role: str
    name: str
    split: str


class Groups:
    """Which group a document belongs to, given its partition and its draw.

    Args:
        partitions (`list[Partition]`): the partition of every key; keys are numbered by this list.
        arguments (`PartitionArguments`): say which partitions are units, the seed's, or evaluation-only.

    Raises:
        `InputError`: for partitions that the arguments name but the corpus does not have, and for unusable names.
    """

    def __init__(self, partitions: list[Partition], arguments: PartitionArguments) -> None:
        self.fractions = (arguments.val_fraction, arguments.test_fraction)
        self.values = _values_by_name(partitions)
        found = sorted(self.values)
        self.seed = matching(arguments.seed_partitions, found)
        self.evaluation = matching(arguments.eval_partitions, found)
        self.units = (
            [name for name in found if name not in {*self.seed, *self.evaluation}]
            if arguments.units is None
            else matching(arguments.units, found)
        )
        used = [*self.units, *self.seed, *self.evaluation]
        if not used:
            raise InputError(f"no partition is left for units; the corpus has {', '.join(found) or 'none'}")
        check_names(used)
        check_names(self.units, also_reserved=True)
        self.leftover = [name for name in found if name not in set(used)]
        self.roots = {name: sorted({p.root for p in partitions if p.name == name}) for name in used}

        self.groups = [Group("unit", unit, split) for unit in self.units for split in SPLITS]
        self.groups += [Group("seed", "seed", "train")] if self.seed else []
        self.groups += [Group("eval", name, split) for name in self.evaluation for split in SPLITS[1:]]
        self.number = {group: number for number, group in enumerate(self.groups)}
        by_hash = {name: self._by_hash(name) for name in found}
        given = {name: self._by_given_split(name) for name in found}
        self._hash_table = np.array([by_hash[p.name] for p in partitions], np.int32).reshape(-1, 4)
        self._given_table = np.array([given[p.name] for p in partitions], np.int32).reshape(-1, 3)

    def place(self, group: int) -> str:
        """What a group is called in reports, such as `sympy/train`."""
        return f"{self.groups[group].name}/{self.groups[group].split}"

    def _by_hash(self, name: str) -> tuple[int, int, int, int]:
        """The groups of the train, val and test documents of a partition, and whether it is evaluation-only."""
        if name in self.seed:
            seed = self.number[Group("seed", "seed", "train")]
            return seed, seed, seed, 0
        return *self._by_given_split(name), int(name in self.evaluation)

    def _by_given_split(self, name: str) -> tuple[int, int, int]:
        role = next((role for role, names in self._roles() if name in names), "")
        name = "seed" if role == "seed" else name
        train, val, test = (self.number.get(Group(role, name, split), -1) for split in SPLITS)
        return train, val, test

    def _roles(self) -> tuple[tuple[str, list[str]], ...]:
        return ("unit", self.units), ("seed", self.seed), ("eval", self.evaluation)

    def of(self, keys: np.ndarray, fractions: np.ndarray) -> np.ndarray:
        """The group numbers of documents; -1 where a document is not needed for anything."""
        rows = self._hash_table[keys]
        val, test = self.fractions
        val_only = val / (val + test) if val + test else 0.5
        units = np.where(fractions < val, 1, np.where(fractions < val + test, 2, 0))
        held_out = np.where(fractions < val_only, 1, 2)
        splits = np.where(rows[:, 3] == 1, held_out, units)
        groups = np.take_along_axis(rows, splits[:, None], axis=1)[:, 0]
        given = np.flatnonzero(fractions >= 2)
        groups[given] = self._given_table[keys[given], (fractions[given] - 2).astype(np.int64)]
        return groups


def _values_by_name(partitions: list[Partition]) -> dict[str, dict[str, str]]:
    """The field values of every partition.

    Raises:
        `InputError`: if different values make the same name.
    """
    values: dict[str, dict[str, str]] = {}
    for partition in partitions:
        other = values.setdefault(partition.name, partition.values)
        if other != partition.values:
            raise InputError(
                f"two partitions would be called {partition.name!r}: {other} and {partition.values}. "
                "Give one of the values another name with `value_map`."
            )
    return values
