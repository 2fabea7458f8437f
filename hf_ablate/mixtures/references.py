"""The choice of the mixtures that get a reference model."""

import random

from ..errors import InputError
from .mixture import Mixture


def choose_references(mixtures: list[Mixture], count: int, random_seed: int) -> set[str]:
    """The ids of `count` mixtures, drawn evenly over the numbers of units.

    Mixtures of one unit are never chosen: with the same tokens their reference model is the component itself, so they
    would only flatter the agreement.

    Args:
        mixtures (`list[Mixture]`): the candidates.
        count (`int`): how many to choose.
        random_seed (`int`): of the choice.

    Raises:
        `InputError`: if there are fewer mixtures of two or more units than `count`.
    """
    by_size: dict[int, list[Mixture]] = {}
    for mixture in mixtures:
        if len(mixture.units) > 1:
            by_size.setdefault(len(mixture.units), []).append(mixture)
    available = sum(map(len, by_size.values()))
    if count > available:
        raise InputError(f"num_references is {count}, but only {available} of the mixtures have two or more units")
    generator = random.Random(random_seed)
    for size in sorted(by_size):
        by_size[size].sort(key=lambda mixture: mixture.id)
        generator.shuffle(by_size[size])
    chosen: set[str] = set()
    while len(chosen) < count:
        for size in sorted(by_size):
            if by_size[size] and len(chosen) < count:
                chosen.add(by_size[size].pop().id)
    return chosen
