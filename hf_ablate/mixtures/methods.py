"""Ways to enumerate mixtures: pure functions from units to mixtures, in a fixed order."""

import itertools
import math
from collections.abc import Iterator

from ..errors import InputError
from .arguments import EnumerateArguments
from .mixture import Mixture, check_weight
from .units import CorpusUnits


# A list longer than this is a mistake far more often than a wish: every mixture is scored on every domain.
MAX_MIXTURES = 1_000_000


def subsets(units: list[str], min_units: int = 1, max_units: int | None = None) -> Iterator[Mixture]:
    """The uniform mixture over every subset of the units, smaller subsets first.

    Example:

    ```python
    >>> [mixture.name for mixture in subsets(["a", "b"])]
    ['a', 'b', 'a + b']

    ```
    """
    for size in range(min_units, (max_units or len(units)) + 1):
        for chosen in itertools.combinations(units, size):
            yield Mixture.uniform(list(chosen))


def leave_one_out(units: list[str]) -> Iterator[Mixture]:
    """The uniform mixture over all units but one, for each unit."""
    for left_out in units:
        yield Mixture.uniform([unit for unit in units if unit != left_out])


def add_one(units: list[str], base_units: list[str]) -> Iterator[Mixture]:
    """The uniform mixture over the base units and one other, for each other unit."""
    for added in units:
        if added not in base_units:
            yield Mixture.uniform([*base_units, added])


def windows(units: list[str], size: int) -> Iterator[Mixture]:
    """The uniform mixture over `size` neighbouring units, at each position of the given order."""
    for start in range(len(units) - size + 1):
        yield Mixture.uniform(units[start : start + size])


def of_groups(units: CorpusUnits, fields: list[str]) -> Iterator[Mixture]:
    """The uniform mixture over the units of every group, one group per value of each field."""
    for field in fields:
        for group in units.groups_of(field):
            yield Mixture.uniform(units.groups[group])


def simplex_grid(units: list[str], steps: int) -> Iterator[Mixture]:
    """Every mixture whose weights are multiples of `1 / steps`."""
    for bars in itertools.combinations(range(steps + len(units) - 1), len(units) - 1):
        edges = (-1, *bars, steps + len(units) - 1)
        counts = [right - left - 1 for left, right in itertools.pairwise(edges)]
        yield Mixture.of(dict(zip(units, counts, strict=True)))


def dirichlet(units: list[str], samples: int, concentration: float, random_seed: int) -> Iterator[Mixture]:
    """Mixtures drawn from the symmetric Dirichlet distribution."""
    import numpy

    draws = numpy.random.default_rng(random_seed).dirichlet([concentration] * len(units), size=samples)
    for weights in draws:
        yield Mixture.of({unit: float(weight) for unit, weight in zip(units, weights, strict=True)})


def given(units: CorpusUnits, weights: dict[str, float]) -> Mixture:
    """The mixture that weights of units, patterns and groups describe; each name's weight is shared out equally.

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
    return Mixture.of(shared)


def multiplied(units: CorpusUnits, weights: dict[str, float], multipliers: dict[str, float]) -> Mixture:
    """The mixture of all units in which those that each multiplier names weigh so many times more.

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
            weights[unit] *= factor
    return Mixture.of(weights)


def enumerate_mixtures(arguments: EnumerateArguments, corpus: CorpusUnits) -> list[Mixture]:
    """The mixtures of all methods of the arguments, each once, in the order of the methods.

    Raises:
        `InputError`: for units that the corpus does not have, and settings that give no mixture or far too many.
    """
    mixed = _units_to_mix(arguments, corpus)
    units = mixed.names
    generators = {
        "subsets": lambda: subsets(units, arguments.min_units, arguments.max_units),
        "pairs": lambda: subsets(units, 2, 2),
        "leave_one_out": lambda: leave_one_out(units),
        "add_one": lambda: add_one(units, mixed.all_named(arguments.base_units)),
        "windows": lambda: itertools.chain.from_iterable(windows(units, size) for size in arguments.window_sizes),
        "groups": lambda: of_groups(mixed, arguments.group_by),
        "simplex_grid": lambda: simplex_grid(units, arguments.grid_steps),
        "dirichlet": lambda: dirichlet(units, arguments.samples, arguments.concentration, arguments.random_seed),
        "given": lambda: (given(mixed, weights) for weights in arguments.mixtures),
        "multipliers": lambda: _multiplied(mixed, arguments),
    }
    _check(arguments, units)
    found: dict[str, Mixture] = {}
    for method in arguments.methods:
        before = len(found)
        for mixture in generators[method]():
            found.setdefault(mixture.id, mixture)
        if len(found) == before and method == arguments.methods[0]:
            raise InputError(f"method {method!r} gives no mixture of the {len(units)} units {', '.join(units)}")
    return list(found.values())


def _units_to_mix(arguments: EnumerateArguments, corpus: CorpusUnits) -> CorpusUnits:
    chosen = corpus.all_named(arguments.units or corpus.names)
    excluded = corpus.all_named(arguments.exclude_units)
    left = [unit for unit in chosen if unit not in excluded]
    if not left:
        raise InputError(f"exclude_units leaves none of the units {', '.join(chosen)}")
    return corpus.only(left)


def _multiplied(units: CorpusUnits, arguments: EnumerateArguments) -> Iterator[Mixture]:
    by_tokens = arguments.multipliers_of == "available_tokens"
    weights = units.tokens_of_all() if by_tokens else dict.fromkeys(units.names, 1)
    for multipliers in arguments.multipliers:
        yield multiplied(units, weights, multipliers)


def _check(arguments: EnumerateArguments, units: list[str]) -> None:
    if "leave_one_out" in arguments.methods and len(units) < 2:
        raise InputError("leave_one_out needs at least 2 units")
    if "windows" in arguments.methods:
        for size in arguments.window_sizes:
            if not 1 <= size <= len(units):
                raise InputError(f"a window of {size} units does not fit the {len(units)} units")
    count = 0
    if "subsets" in arguments.methods:
        sizes = range(arguments.min_units, (arguments.max_units or len(units)) + 1)
        count += sum(math.comb(len(units), size) for size in sizes)
    if "simplex_grid" in arguments.methods:
        count += math.comb(arguments.grid_steps + len(units) - 1, len(units) - 1)
    if count > MAX_MIXTURES:
        raise InputError(
            f"these settings give {count:,} mixtures, more than {MAX_MIXTURES:,}; limit them by max_units or "
            "grid_steps, or draw a sample with method 'dirichlet'"
        )
