"""Groups: what documents are needed for. One per unit and split, one for the seed, two per evaluation partition."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError, unknown_name
from .arguments import PartitionArguments
from .names import check_names


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
        partitions (`list[str]`): the name of the partition of every key; keys are numbered by this list.
        arguments (`PartitionArguments`): say which partitions are units, the seed's, or evaluation-only.

    Raises:
        `InputError`: for partitions that the arguments name but the corpus does not have, and for unusable names.
    """

    def __init__(self, partitions: list[str], arguments: PartitionArguments) -> None:
        self.fractions = (arguments.val_fraction, arguments.test_fraction)
        found = sorted(set(partitions))
        seed, evaluation = arguments.seed_partitions, arguments.eval_partitions
        self.units = arguments.units or [name for name in found if name not in {*seed, *evaluation}]
        for name in (*self.units, *seed, *evaluation):
            if name not in found:
                raise unknown_name("partition", name, found)
        if not self.units:
            raise InputError(f"no partition is left for units; the corpus has {', '.join(found) or 'none'}")
        check_names(self.units, also_reserved=True)

        self.groups = [Group("unit", unit, split) for unit in self.units for split in SPLITS]
        self.groups += [Group("seed", "seed", "train")] if seed else []
        self.groups += [Group("eval", name, split) for name in evaluation for split in SPLITS[1:]]
        self.number = {group: number for number, group in enumerate(self.groups)}
        self.leftover = [name for name in found if name not in {*self.units, *seed, *evaluation}]
        self._table = np.array([self._row(name, arguments) for name in partitions], np.int32).reshape(-1, 4)

    def _row(self, name: str, arguments: PartitionArguments) -> tuple[int, int, int, int]:
        """The groups of the train, val and test documents of a partition, and whether it is evaluation-only."""
        if name in self.units:
            train, val, test = (self.number[Group("unit", name, split)] for split in SPLITS)
            return train, val, test, 0
        if name in arguments.seed_partitions:
            seed = self.number[Group("seed", "seed", "train")]
            return seed, seed, seed, 0
        if name in arguments.eval_partitions:
            val, test = (self.number[Group("eval", name, split)] for split in SPLITS[1:])
            return val, val, test, 1
        return -1, -1, -1, 0

    def of(self, keys: np.ndarray, fractions: np.ndarray) -> np.ndarray:
        """The group numbers of documents; -1 where a document is not needed for anything."""
        rows = self._table[keys]
        val, test = self.fractions
        val_only = val / (val + test) if val + test else 0.5
        units = np.where(fractions < val, 1, np.where(fractions < val + test, 2, 0))
        held_out = np.where(fractions < val_only, 1, 2)
        splits = np.where(rows[:, 3] == 1, held_out, units)
        splits = np.where(fractions >= 2, (fractions - 2).astype(np.int64), splits)
        return np.take_along_axis(rows, splits[:, None], axis=1)[:, 0]
