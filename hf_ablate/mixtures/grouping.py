"""Groups of units by a field, and mixtures in which each group is averaged first: what a macro-merge averages."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .mixture import Mixture
from .units import CorpusUnits


UNITS = "units"  # in an option, beside fields: the weights of units as they are
TRAINED = "trained_"  # before a field: models that were trained on its groups


@dataclass(frozen=True)
class Grouping:
    """Which group of a field each unit is in.

    Args:
        groups (`Mapping[str, str]`): unit → the field's value.

    Example:

    ```python
    >>> grouping = Grouping({"bio_1": "bio", "bio_2": "bio", "bio_3": "bio", "cs": "cs"})
    >>> grouping.regrouped(Mixture.uniform(["bio_1", "bio_2", "cs"])).weights
    {'bio_1': 0.25, 'bio_2': 0.25, 'cs': 0.5}

    ```
    """

    groups: Mapping[str, str]

    @classmethod
    def read(cls, corpus: CorpusUnits, name: str, mixtures: Collection[Mixture]) -> "Grouping":
        """The groups of the mixtures' units by a field that the corpus records.

        Args:
            corpus ([`CorpusUnits`]): the units.
            name (`str`): of a field that the corpus was partitioned by, or `source`.
            mixtures (`Collection[Mixture]`): whose units have to be in one group each.

        Raises:
            `InputError`: as [`CorpusUnits.divided_by`] does.
        """
        units = {unit for mixture in mixtures for unit in mixture.units}
        groups = corpus.only([unit for unit in corpus.names if unit in units]).divided_by(name)
        return cls({unit: group.partition("=")[2] for group, members in groups.items() for unit in members})

    def named_parts(self, mixture: Mixture) -> dict[str, Mixture]:
        """Value of the field → the mixture of this group's units alone, in alphabetical order of the values."""
        parts: dict[str, dict[str, float]] = {}
        for unit, weight in mixture.items:
            parts.setdefault(self.groups[unit], {})[unit] = weight
        return {group: Mixture.of(parts[group]) for group in sorted(parts)}

    def parts(self, mixture: Mixture) -> list[Mixture]:
        """The mixtures of each group's units alone."""
        return list(self.named_parts(mixture).values())

    def regrouped(self, mixture: Mixture) -> Mixture:
        """The mixture in which every group has the same weight, and a group's units share it as they do in this one.

        Its merge is the macro-merge of the mixture: the average of one average for each group.
        """
        parts = self.parts(mixture)
        return Mixture.of({unit: weight / len(parts) for part in parts for unit, weight in part.items})

    def members(self, units: Sequence[str]) -> np.ndarray:
        """Which group each unit is in; one in none is a group of its own.

        Args:
            units (`Sequence[str]`): in the order of the rows.

        Returns:
            `np.ndarray`: [units, groups], 1 where a unit is in a group, else 0.
        """
        groups = [("group", self.groups[unit]) if unit in self.groups else ("unit", unit) for unit in units]
        return np.array([[float(own == group) for group in sorted(set(groups))] for own in groups])


@dataclass(frozen=True)
class MergeBy:
    """What the mixtures of a study are merged by beside units.

    Args:
        groups (`Mapping[str, Grouping]`): field → its groups, of macro-merges of components.
        trained (`Mapping[str, Grouping]`): field → its groups, of macro-merges of models trained on a group each.
    """

    groups: Mapping[str, Grouping] = field(default_factory=dict)
    trained: Mapping[str, Grouping] = field(default_factory=dict)

    @classmethod
    def read(cls, run_dir: Path, option: Sequence[str], mixtures: Collection[Mixture]) -> "MergeBy":
        """What an option `merge_by` asks for; without fields, no corpus is needed.

        Args:
            run_dir (`Path`): the study's run folder.
            option (`Sequence[str]`): `units`, fields of the corpus, and `trained_` before fields. A field of the
                corpus that begins like that comes first.
            mixtures (`Collection[Mixture]`): whose units have to be in one group each.

        Raises:
            `InputError`: as [`Grouping.read`] does.
        """
        return cls.of(CorpusUnits.read(run_dir), option, mixtures) if set(option) != {UNITS} else cls()

    @classmethod
    def of(cls, corpus: CorpusUnits, option: Sequence[str], mixtures: Collection[Mixture]) -> "MergeBy":
        """The same for the units of a corpus, finished or planned.

        Args:
            corpus ([`CorpusUnits`]): the units.
            option (`Sequence[str]`): as of [`MergeBy.read`].
            mixtures (`Collection[Mixture]`): whose units have to be in one group each.

        Raises:
            `InputError`: as [`Grouping.read`] does.
        """
        words = [word for word in option if word != UNITS]
        fields = {word: field_of(word, corpus.fields) for word in words}
        read = {name: Grouping.read(corpus, name, mixtures) for name in fields.values()}
        return cls(
            {name: read[name] for word, name in fields.items() if word == name},
            {name: read[name] for word, name in fields.items() if word != name},
        )


def field_of(word: str, fields: Collection[str]) -> str:
    """The field that a word of `merge_by` is about: itself or, where it begins with `trained_`, what follows.

    Args:
        word (`str`): not `units`.
        fields (`Collection[str]`): of the corpus; one that begins like that comes first.
    """
    return word if word in fields else word.removeprefix(TRAINED)


def regroup(weights: np.ndarray, members: np.ndarray) -> np.ndarray:
    """[`Grouping.regrouped`] of many mixtures.

    Args:
        weights (`np.ndarray`): [mixtures, units], rows sum to 1.
        members (`np.ndarray`): [units, groups] from [`Grouping.members`].

    Returns:
        `np.ndarray`: [mixtures, units], rows sum to 1.

    Example:

    ```python
    >>> members = Grouping({"bio_1": "bio", "bio_2": "bio"}).members(["bio_1", "bio_2", "cs"])
    >>> regroup(np.array([[0.25, 0.5, 0.25], [0.5, 0.5, 0.0]]), members).round(3).tolist()
    [[0.167, 0.333, 0.5], [0.5, 0.5, 0.0]]

    ```
    """
    shares = weights @ members
    divisors = (shares > 0).sum(axis=1, keepdims=True) * (shares @ members.T)
    return np.divide(weights, divisors, out=np.zeros_like(weights), where=weights > 0)
