"""Portions: what documents are needed for. One per unit and split, one for the seed, two per evaluation partition."""

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..names import check_names, matching
from ..rules.partition_rule import Partition
from ..splits import BY_HASH, SPLITS, HeldOut


@dataclass(frozen=True)
class Portion:
    """Documents of one partition and split; for the seed, of all its partitions.

    Args:
        role (`str`): `unit`, `seed` or `eval`.
        name (`str`): the partition; `seed` for the seed.
        split (`str`): `train`, `val` or `test`.
    """

    role: str
    name: str
    split: str


@dataclass(frozen=True)
class Roles:
    """What partitions are for, as names and patterns.

    Args:
        units (`list[str] | None`): become base units; `None` for all that are not named otherwise.
        seed (`list[str]`): the seed model is trained on them.
        evaluation (`list[str]`): are only evaluated on.
    """

    units: list[str] | None
    seed: list[str]
    evaluation: list[str]


class Portions:
    """Which portion a document belongs to, given its partition and its draw.

    Args:
        partitions (`list[Partition]`): the partition of every key; keys are numbered by this list.
        roles (`Roles`): which partitions are units, the seed's, or evaluation-only.
        held_out (`HeldOut`): what is held out of training.

    Raises:
        `InputError`: for partitions that the recipe names but the corpus does not have, and for unusable names.
    """

    def __init__(self, partitions: list[Partition], roles: Roles, held_out: HeldOut) -> None:
        self._held_out = held_out
        self.values = _values_by_name(partitions)
        known = sorted(self.values)
        self.seed = matching(roles.seed, known)
        self.evaluation = matching(roles.evaluation, known)
        self.units = (
            [name for name in known if name not in {*self.seed, *self.evaluation}]
            if roles.units is None
            else matching(roles.units, known)
        )
        used = [*self.units, *self.seed, *self.evaluation]
        if not used:
            raise InputError(f"no partition is left for units; the corpus has {', '.join(known) or 'none'}")
        check_names(used)
        check_names(self.units, also_reserved=True)
        self.unused = [name for name in known if name not in set(used)]
        self.roots = {name: sorted({p.origin for p in partitions if p.name == name}) for name in used}

        self.all = [Portion("unit", unit, split) for unit in self.units for split in SPLITS]
        self.all += [Portion("seed", "seed", "train")] if self.seed else []
        self.all += [Portion("eval", name, split) for name in self.evaluation for split in SPLITS[1:]]
        self.number = {portion: number for number, portion in enumerate(self.all)}
        given = {name: self._by_given_split(name) for name in known}
        by_hash = {name: given[name] if name not in self.seed else (given[name][0],) * 3 for name in known}
        self._given_table = np.array([given[p.name] for p in partitions], np.int32).reshape(-1, 3)
        self._hash_table = np.array([by_hash[p.name] for p in partitions], np.int32).reshape(-1, 3)
        self._is_evaluation = np.array([p.name in self.evaluation for p in partitions], bool)

    def place(self, number: int) -> str:
        """What a portion is called in reports, such as `sympy/train`."""
        return f"{self.all[number].name}/{self.all[number].split}"

    def is_train(self) -> np.ndarray:
        """Whether each portion is trained on.

        Returns:
            `np.ndarray` of shape (portions,), bool.
        """
        return np.array([portion.split == "train" for portion in self.all])

    def _by_given_split(self, name: str) -> tuple[int, int, int]:
        """The portions of the train, val and test documents of a partition; -1 where they are not needed."""
        roles = ("unit", self.units), ("seed", self.seed), ("eval", self.evaluation)
        role = next((role for role, names in roles if name in names), "")
        name = "seed" if role == "seed" else name
        train, val, test = (self.number.get(Portion(role, name, split), -1) for split in SPLITS)
        return train, val, test

    def of(self, keys: np.ndarray, fractions: np.ndarray, splits: np.ndarray) -> np.ndarray:
        """The portions of documents.

        Args:
            keys (`np.ndarray`): the number of each document's key.
            fractions (`np.ndarray`): its draw in [0, 1).
            splits (`np.ndarray`): the number of its split; `BY_HASH` where its draw decides.

        Returns:
            `np.ndarray` of shape (documents,), int32: numbers of portions; -1 where a document is not needed.
        """
        val, test = self._held_out.val, self._held_out.test
        val_only = val / (val + test) if val + test else 0.5
        drawn = np.where(fractions < val, 1, np.where(fractions < val + test, 2, 0))
        drawn_for_evaluation = np.where(fractions < val_only, 1, 2)
        columns = np.where(self._is_evaluation[keys], drawn_for_evaluation, drawn)
        portions = np.take_along_axis(self._hash_table[keys], columns[:, None], axis=1)[:, 0]
        given = np.flatnonzero(splits != BY_HASH)
        portions[given] = self._given_table[keys[given], splits[given]]
        return portions


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
