"""Ways to enumerate mixtures: pure functions from units to mixtures, in a fixed order."""

import itertools
import math
from collections.abc import Iterator

from ..errors import InputError
from .arguments import EnumerateArguments
from .mixture import Mixture


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


def enumerate_mixtures(arguments: EnumerateArguments, units: list[str]) -> list[Mixture]:
    """The mixtures of all methods of the arguments, each once, in the order of the methods.

    Raises:
        `InputError`: for units that the corpus does not have, and settings that give no mixture or far too many.
    """
    generators = {
        "subsets": lambda: subsets(units, arguments.min_units, arguments.max_units),
        "pairs": lambda: subsets(units, 2, 2),
        "leave_one_out": lambda: leave_one_out(units),
        "add_one": lambda: add_one(units, arguments.base_units),
        "windows": lambda: itertools.chain.from_iterable(windows(units, size) for size in arguments.window_sizes),
        "simplex_grid": lambda: simplex_grid(units, arguments.grid_steps),
        "dirichlet": lambda: dirichlet(units, arguments.samples, arguments.concentration, arguments.random_seed),
        "given": lambda: (Mixture.of(weights) for weights in arguments.mixtures),
    }
    _check(arguments, units)
    found: dict[str, Mixture] = {}
    for method in arguments.methods:
        before = len(found)
        for mixture in generators[method]():
            mixture.check_units(units)
            found.setdefault(mixture.id, mixture)
        if len(found) == before and method == arguments.methods[0]:
            raise InputError(f"method {method!r} gives no mixture of the {len(units)} units {', '.join(units)}")
    return list(found.values())


def _check(arguments: EnumerateArguments, units: list[str]) -> None:
    if "add_one" in arguments.methods:
        Mixture.uniform(arguments.base_units or units).check_units(units)
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
