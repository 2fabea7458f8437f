"""The mixtures that a mixture becomes when a unit or a group of units is dropped, added, swapped or upweighted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..mixtures.mixture import Mixture
from .parts import Part


UPWEIGHT = 1.1  # the factor of a weight that is upweighted by 10 %


@dataclass(frozen=True)
class Change:
    """One change of a mixture.

    Args:
        kind (`str`): `drop`, `add`, `swap` or `upweight`.
        part (`str`): the unit or group that is changed.
        other (`str`, *optional*): swap: the unit or group that gets its weight.
        mixture ([`Mixture`]): after the change.
    """

    kind: Literal["drop", "add", "swap", "upweight"]
    part: str
    other: str | None
    mixture: Mixture


def changes_of(base: Mixture, parts: Sequence[Part]) -> list[Change]:
    """What a mixture becomes when each part is dropped, added or upweighted, where it can be.

    Example:

    ```python
    >>> a, b = Part("a", ("a",)), Part("b", ("b",))
    >>> for change in changes_of(Mixture.of({"a": 3, "c": 1}), [a, b]):
    ...     print(change.kind, change.part, change.mixture.name)
    drop a c
    add b 0.5 a + 0.333 b + 0.167 c
    upweight a 0.767 a + 0.233 c

    ```
    """
    return [*_drops(base, parts), *_additions(base, parts), *_upweights(base, parts)]


def _drops(base: Mixture, parts: Sequence[Part]) -> Iterator[Change]:
    """The others keep their proportions."""
    for part in parts:
        left = {unit: weight for unit, weight in base.items if unit not in part.units}
        if 0 < len(left) < len(base.items):
            yield Change("drop", part.name, None, Mixture.of(left))


def _additions(base: Mixture, parts: Sequence[Part]) -> Iterator[Change]:
    """Every unit that is new gets 1 / (number of units after the change); the others keep their proportions."""
    for part in parts:
        new = [unit for unit in part.units if unit not in base.weights]
        if new:
            share = 1 / (len(base.items) + len(new))
            kept = {unit: weight * (1 - share * len(new)) for unit, weight in base.items}
            yield Change("add", part.name, None, Mixture.of(kept | dict.fromkeys(new, share)))


def _upweights(base: Mixture, parts: Sequence[Part]) -> Iterator[Change]:
    """Weights times 1.1; the others shrink in proportion."""
    for part in parts:
        scaled = {unit: weight * (UPWEIGHT if unit in part.units else 1) for unit, weight in base.items}
        if 0 < part.weight_in(base) and not set(base.units) <= set(part.units):
            yield Change("upweight", part.name, None, Mixture.of(scaled))


def swaps_of(base: Mixture, parts: Sequence[Part]) -> list[Change]:
    """What a mixture becomes when a part's weight moves to another part.

    Within a group it is shared out in proportion to the weights there, equally where the group has none.

    Args:
        base ([`Mixture`]): that is changed.
        parts (`Sequence[Part]`): no two share a unit.
    """
    return [
        Change("swap", part.name, other.name, _swapped(base, part, other))
        for part in parts
        for other in parts
        if other is not part and part.weight_in(base) > 0
    ]


def _swapped(base: Mixture, part: Part, other: Part) -> Mixture:
    known = other.weight_in(base)
    shares = {unit: base.weights.get(unit, 0) / known if known else 1 / len(other.units) for unit in other.units}
    left = {unit: weight for unit, weight in base.items if unit not in part.units}
    moved = {unit: left.get(unit, 0) + part.weight_in(base) * share for unit, share in shares.items()}
    return Mixture.of(left | moved)
