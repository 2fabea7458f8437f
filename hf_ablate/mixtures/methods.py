"""Ways to enumerate mixtures: pure functions from units to mixtures, in a fixed order."""

import itertools
import math
from collections.abc import Iterator

from ..errors import InputError
from .mixture import Mixture, check_weight
from .units import CorpusUnits


# A longer list is most likely a mistake: every mixture is scored on every domain.
MAX_MIXTURES = 1_000_000


def subsets(units: list[str], min_units: int = 1, max_units: int | None = None) -> Iterator[Mixture]:
    """The uniform mixture over every subset of the units, smaller subsets first.

    Args:
        units (`list[str]`): the units.
        min_units (`int`): the size of the smallest subset.
        max_units (`int`, *optional*): the size of the largest. Default: all units.

    Example:

    ```python
    >>> [mixture.name for mixture in subsets(["a", "b"])]
    ['a', 'b', 'a + b']

    ```
    """
    for size in range(min_units, (max_units or len(units)) + 1):
        for chosen in itertools.combinations(units, size):
            yield Mixture.uniform(list(chosen))


def count_subsets(units: int, min_units: int = 1, max_units: int | None = None) -> int:
    """How many mixtures [`subsets`] gives.

    Args:
        units (`int`): the number of units.
        min_units (`int`): the size of the smallest subset.
        max_units (`int`, *optional*): the size of the largest. Default: all units.
    """
    return sum(math.comb(units, size) for size in range(min_units, (max_units or units) + 1))


def leave_one_out(units: list[str]) -> Iterator[Mixture]:
    """The uniform mixture over all units but one, for each unit.

    Raises:
        `InputError`: for a single unit.
    """
    if len(units) < 2:
        raise InputError("leave_one_out needs at least 2 units")
    for left_out in units:
        yield Mixture.uniform([unit for unit in units if unit != left_out])


def add_one(units: list[str], base_units: list[str]) -> Iterator[Mixture]:
    """The uniform mixture over the base units and one other, for each other unit."""
    for added in units:
        if added not in base_units:
            yield Mixture.uniform([*base_units, added])


def count_grid(units: int, steps: int) -> int:
    """How many mixtures [`simplex_grid`] gives."""
    return math.comb(steps + units - 1, units - 1)


def simplex_grid(units: list[str], steps: int) -> Iterator[Mixture]:
    """Every mixture whose weights are multiples of `1 / steps`."""
    for bars in itertools.combinations(range(steps + len(units) - 1), len(units) - 1):
        edges = (-1, *bars, steps + len(units) - 1)
        counts = [right - left - 1 for left, right in itertools.pairwise(edges)]
        yield Mixture.of(dict(zip(units, counts, strict=True)))


def dirichlet(units: list[str], samples: int, concentration: float, random_seed: int) -> Iterator[Mixture]:
    """Mixtures drawn from the symmetric Dirichlet distribution.

    Args:
        units (`list[str]`): the units.
        samples (`int`): the number of mixtures.
        concentration (`float`): of every unit; 1 is uniform on the simplex.
        random_seed (`int`): of the draws.
    """
    import numpy

    draws = numpy.random.default_rng(random_seed).dirichlet([concentration] * len(units), size=samples)
    for weights in draws:
        yield Mixture.of({unit: float(weight) for unit, weight in zip(units, weights, strict=True)})


def given(units: CorpusUnits, weights: dict[str, float]) -> Mixture:
    """The mixture with these weights of units, patterns and groups; a name's weight is shared equally by its units.

    Weights are proportions. Where all are less than 1 they are taken for shares, which have to sum to 1 as far as two
    digits tell.

    Raises:
        `InputError`: for unknown names, with the nearest, weights that are not numbers of 0 or more, and shares that
            do not sum to 1.

    Example:

    ```python
    >>> units = CorpusUnits(["bio_1", "bio_2", "cs"], groups={"field=bio": ["bio_1", "bio_2"]})
    >>> given(units, {"field=bio": 1, "cs": 1}).weights
    {'bio_1': 0.25, 'bio_2': 0.25, 'cs': 0.5}

    ```
    """
    shared: dict[str, float] = {}
    for name, weight in weights.items():
        named = units.named(name)
        check_weight(f"the weight of {'unit ' if named == [name] else ''}{name!r}", weight)
        for unit in named:
            shared[unit] = shared.get(unit, 0.0) + weight / len(named)
    total = math.fsum(weights.values())
    if max(weights.values(), default=1) < 1 and 0 < total and abs(total - 1) > 0.005 * len(weights) + 1e-9:
        raise InputError(
            f"the weights {weights} look like shares, and sum to {total:.6g}; expected shares that sum to 1, or "
            "proportions such as {a: 2, b: 1}"
        )
    return Mixture.of(shared)


def multiplied(units: CorpusUnits, weights: dict[str, float], multipliers: dict[str, float]) -> Mixture:
    """The mixture with these weights, some of them multiplied.

    Args:
        units (`CorpusUnits`): the units that may be named.
        weights (`dict[str, float]`): the weight of every unit of the mixture.
        multipliers (`dict[str, float]`): unit, pattern or group → the factor of the weights of its units.

    Example:

    ```python
    >>> units = CorpusUnits(["bio_1", "bio_2", "cs"], groups={"field=bio": ["bio_1", "bio_2"]})
    >>> multiplied(units, {"bio_1": 1, "bio_2": 1, "cs": 1}, {"field=bio": 2}).weights
    {'bio_1': 0.4, 'bio_2': 0.4, 'cs': 0.2}

    ```
    """
    weights = dict(weights)
    for name, factor in multipliers.items():
        check_weight(f"the multiplier of {name!r}", factor)
        for unit in units.named(name):
            if unit in weights:
                weights[unit] *= factor
    return Mixture.of(weights)


def check_count(count: int) -> None:
    """Refuse far too many mixtures.

    Raises:
        `InputError`: with the ways to have fewer.
    """
    if count > MAX_MIXTURES:
        raise InputError(
            f"these settings give {count:,} mixtures, more than {MAX_MIXTURES:,}; limit them by max_units, grid_steps "
            "or samples, or draw them with method 'random' or 'dirichlet'"
        )
