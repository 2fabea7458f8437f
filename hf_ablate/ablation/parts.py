"""The parts of a mixture that are changed as one: units, and groups of units."""

from collections import Counter
from dataclasses import dataclass

from ..errors import InputError
from ..mixtures.mixture import Mixture
from ..mixtures.units import CorpusUnits


@dataclass(frozen=True)
class Part:
    """A unit, or a group of units.

    Args:
        name (`str`): of the unit, or `FIELD=VALUE`.
        units (`tuple[str, ...]`): in it, at least one.
    """

    name: str
    units: tuple[str, ...]

    def weight_in(self, mixture: Mixture) -> float:
        """Its share of a mixture."""
        return sum(mixture.weights.get(unit, 0.0) for unit in self.units)


def units_as_parts(units: tuple[str, ...]) -> list[Part]:
    """Every unit as a part of its own."""
    return [Part(unit, (unit,)) for unit in units]


def groups_of_all_fields(corpus: CorpusUnits) -> list[Part]:
    """The groups that the corpus records, of two units or more and not of all."""
    return [
        Part(group, tuple(members)) for group, members in corpus.groups.items() if 1 < len(members) < len(corpus.names)
    ]


def groups_as_parts(corpus: CorpusUnits, field: str) -> list[Part]:
    """The groups of one field; a unit without a value of it is a part of its own.

    Args:
        corpus ([`CorpusUnits`]): the units and their groups.
        field (`str`): that the corpus was partitioned by, or `source`.

    Raises:
        `InputError`: if the corpus does not record the field, if all units share a value, or a unit has several.
    """
    groups = [Part(group, tuple(corpus.groups[group])) for group in corpus.groups_of(field)]
    counts = Counter(unit for group in groups for unit in group.units)
    if several := [unit for unit, count in counts.items() if count > 1]:
        raise InputError(
            f"unit {several[0]!r} is in several groups of the field {field!r}, so its effect cannot be told from "
            "theirs; name another field"
        )
    parts = groups + units_as_parts(tuple(unit for unit in corpus.names if unit not in counts))
    if len(parts) < 2:
        raise InputError(f"all units have the same {field!r}; effects of groups need two groups or more")
    return parts
