"""Draws from lists that are too long to write down: which sets of 3 of 128 units, which pairs of two sides."""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

from .mixture import Mixture


Item = TypeVar("Item")


def numbers(count: int, samples: int | None = None, random_seed: int | str = 0) -> Iterator[int]:
    """All numbers below `count` in order or, with fewer `samples`, that many of them, drawn uniformly.

    They are shuffled no further than they are read (Fisher and Yates), so `count` may be of any size, and more samples
    have those of fewer among them.

    Args:
        count (`int`): how many there are.
        samples (`int`, *optional*): how many to draw.
        random_seed (`int` or `str`): of the draws.
    """
    if samples is None or samples >= count:
        yield from range(count)
        return
    generator = random.Random(random_seed)
    moved: dict[int, int] = {}
    for place in range(samples):
        drawn = generator.randrange(place, count)
        yield moved.get(drawn, drawn)
        moved[drawn] = moved.get(place, place)


def sets_of(
    items: Sequence[Item], size: int, samples: int | None = None, random_seed: int | str = 0
) -> Iterator[list[Item]]:
    """The sets of `size` of the items, as [`numbers`] of all of them.

    Args:
        items (`Sequence`): what the sets consist of.
        size (`int`): how many items are in a set.
        samples (`int`, *optional*): how many sets to draw. Default: all.
        random_seed (`int` or `str`): of the draws.
    """
    count = math.comb(len(items), size)
    if samples is None or samples >= count:
        yield from map(list, itertools.combinations(items, size))
        return
    for number in numbers(count, samples, random_seed):
        yield set_of_number(items, size, number)


def set_of_number(items: Sequence[Item], size: int, number: int) -> list[Item]:
    """The set with this number among those of `itertools.combinations`, without making those before it.

    Args:
        items (`Sequence`): what the sets consist of.
        size (`int`): how many items are in a set.
        number (`int`): from 0.

    Example:

    ```python
    >>> [set_of_number("abc", 2, number) for number in range(3)]
    [['a', 'b'], ['a', 'c'], ['b', 'c']]

    ```
    """
    chosen: list[Item] = []
    for place, item in enumerate(items):
        if len(chosen) == size:
            break
        with_item = math.comb(len(items) - place - 1, size - len(chosen) - 1)
        if number < with_item:
            chosen.append(item)
        else:
            number -= with_item
    return chosen


def one_of_each(
    sides: Sequence[Sequence[Item]], samples: int | None = None, random_seed: int | str = 0
) -> Iterator[list[Item]]:
    """One item of each side in every combination, as [`numbers`] of all of them.

    Args:
        sides (`Sequence[Sequence]`): the items of each side.
        samples (`int`, *optional*): how many combinations to draw. Default: all.
        random_seed (`int` or `str`): of the draws.

    Example:

    ```python
    >>> list(one_of_each(["ab", "xy"]))
    [['a', 'x'], ['a', 'y'], ['b', 'x'], ['b', 'y']]

    ```
    """
    for number in numbers(math.prod(map(len, sides)), samples, random_seed):
        chosen: list[Item] = []
        for side in reversed(sides):
            number, place = divmod(number, len(side))
            chosen.insert(0, side[place])
        yield chosen


def random_subsets(units: list[str], size: int, samples: int, random_seed: int) -> Iterator[Mixture]:
    """The uniform mixture over each of `samples` different sets of `size` units, or of all where there are no more.

    Args:
        units (`list[str]`): the units.
        size (`int`): of the sets.
        samples (`int`): how many sets to draw.
        random_seed (`int`): of the draws.

    Example:

    ```python
    >>> drawn = list(random_subsets([f"unit{number}" for number in range(128)], 64, 1000, random_seed=0))
    >>> len(set(drawn)), {len(mixture.units) for mixture in drawn}
    (1000, {64})

    ```
    """
    return map(Mixture.uniform, sets_of(units, size, samples, f"{random_seed} {size}"))
