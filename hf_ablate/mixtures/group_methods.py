"""Ways to enumerate mixtures of whole groups of units: sets of groups, one part of each of several sides, swaps."""

from collections.abc import Iterator, Mapping, Sequence

from ..errors import InputError
from .draws import one_of_each, sets_of
from .mixture import Mixture
from .units import CorpusUnits


UNIT = "unit"  # in `across_by`, where the parts of a side are its units


def of_groups(groups: Mapping[str, list[str]]) -> Iterator[Mixture]:
    """The uniform mixture over the units of every group."""
    return map(Mixture.uniform, groups.values())


def group_subsets(
    groups: Mapping[str, list[str]],
    size: int,
    weights: Mapping[str, float],
    shares: Mapping[str, float],
    samples: int | None = None,
    random_seed: int = 0,
) -> Iterator[Mixture]:
    """A mixture of the units of every set of `size` groups.

    Args:
        groups (`Mapping[str, list[str]]`): group → its units, none of which is in another.
        size (`int`): how many groups are in a set.
        weights (`Mapping[str, float]`): unit → its weight in proportion to others of its group.
        shares (`Mapping[str, float]`): group → its share in proportion to others.
        samples (`int`, *optional*): how many different sets to draw. Default: all sets.
        random_seed (`int`): of the draws.

    Example:

    ```python
    >>> groups = {"field=bio": ["bio_1", "bio_2", "bio_3"], "field=cs": ["cs"]}
    >>> alike = dict.fromkeys(["bio_1", "bio_2", "bio_3", "cs"], 1)
    >>> (micro,) = group_subsets(groups, 2, alike, {"field=bio": 3, "field=cs": 1})
    >>> (macro,) = group_subsets(groups, 2, alike, {"field=bio": 1, "field=cs": 1})
    >>> micro.weights["cs"], macro.weights["cs"]
    (0.25, 0.5)

    ```
    """
    factors = {group: shares[group] / sum(weights[unit] for unit in members) for group, members in groups.items()}
    for chosen in sets_of(list(groups), size, samples, f"{random_seed} {size}"):
        yield Mixture.of({unit: factors[group] * weights[unit] for group in chosen for unit in groups[group]})


def across(
    parts: Sequence[Sequence[list[str]]], samples: int | None = None, random_seed: int = 0
) -> Iterator[Mixture]:
    """The uniform mixture over the units of one part of each side, for every combination of parts.

    Args:
        parts (`Sequence[Sequence[list[str]]]`): the parts of each side, from [`parts_of_sides`], as lists of units.
        samples (`int`, *optional*): how many different combinations to draw. Default: all combinations.
        random_seed (`int`): of the draws.

    Example:

    ```python
    >>> [mixture.name for mixture in across([[["bio_1"], ["bio_2"]], [["wiki"]]])]
    ['bio_1 + wiki', 'bio_2 + wiki']

    ```
    """
    for chosen in one_of_each(parts, samples, random_seed):
        yield Mixture.uniform([unit for part in chosen for unit in part])


def swap(fixed: Sequence[str], groups: Mapping[str, list[str]]) -> Iterator[Mixture]:
    """The uniform mixture over the fixed units and those of a group, for every group.

    Raises:
        `InputError`: for a group that has a fixed unit.
    """
    for group, members in groups.items():
        check_apart({"the fixed part": list(fixed), group: members}, "what `swap` fixes (`base_units`) and swaps")
        yield Mixture.uniform([*fixed, *members])


def parts_of_sides(units: CorpusUnits, sides: Sequence[str], parts_by: Sequence[str]) -> list[list[list[str]]]:
    """The parts of each side: its units, or the groups of its units by a field.

    Args:
        units ([`CorpusUnits`]): the units.
        sides (`Sequence[str]`): for each side what names its units: a unit, a pattern or a group.
        parts_by (`Sequence[str]`): for each side a field, or `unit`; empty for units on all sides.

    Returns:
        `list[list[list[str]]]`: the parts of each side, as lists of units.

    Raises:
        `InputError`: for sides that overlap, unknown names, and a unit without a value of the field.
    """
    members = {side: units.named(side) for side in sides}
    check_apart(members, "the sides of `across`")
    return [
        [[unit] for unit in of_side] if field == UNIT else list(units.only(of_side).divided_by(field).values())
        for of_side, field in zip(members.values(), parts_by or [UNIT] * len(sides), strict=True)
    ]


def check_apart(groups: Mapping[str, list[str]], what: str) -> None:
    """Refuse groups that have units in common.

    Args:
        groups (`Mapping[str, list[str]]`): group → its units.
        what (`str`): what the groups are, for the message.

    Raises:
        `InputError`: names two groups and a common unit.
    """
    group_of: dict[str, str] = {}
    for group, members in groups.items():
        for unit in members:
            if unit in group_of:
                raise InputError(
                    f"{what} must not overlap, and {group_of[unit]!r} and {group!r} both have {unit!r}; name others, "
                    "or leave units out by `exclude_units`"
                )
            group_of[unit] = group
