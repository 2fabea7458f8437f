"""The mixtures that the options of `enumerate` describe, over the units of a corpus."""

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from ..errors import InputError
from . import methods
from .arguments import UNIFORM, EnumerateArguments
from .draws import random_subsets
from .group_methods import UNIT, across, check_apart, group_subsets, of_groups, parts_of_sides, swap
from .mixture import Mixture
from .units import CorpusUnits
from .windows import rows_of_neighbours, windows


logger = logging.getLogger(__name__)


def enumerate_mixtures(arguments: EnumerateArguments, corpus: CorpusUnits) -> dict[Mixture, list[str]]:
    """The mixtures of all methods of the arguments, each once, in the order of the methods.

    Returns:
        `dict[Mixture, list[str]]`: mixture → the methods that give it.

    Raises:
        `InputError`: for units that the corpus does not have, and settings that give no mixture or far too many.
    """
    units = _units_to_mix(corpus, arguments.units, arguments.exclude_units)
    asked = list(dict.fromkeys(arguments.methods))
    methods.check_count(sum(_count(method, arguments, units) for method in asked))
    by_id: dict[str, Mixture] = {}
    found: dict[str, dict[str, None]] = {}
    for method in asked:
        gives_any = False
        for mixture in _mixtures_of(method, arguments, units):
            gives_any = True
            by_id.setdefault(mixture.id, mixture)
            found.setdefault(mixture.id, {})[method] = None
        if not gives_any:
            names = units.names
            raise InputError(f"method {method!r} gives no mixture of the {len(names)} units {', '.join(names)}")
    return {mixture: list(found[name]) for name, mixture in by_id.items()}


def _units_to_mix(corpus: CorpusUnits, units: list[str], exclude_units: list[str]) -> CorpusUnits:
    chosen = corpus.all_named(units or corpus.names)
    excluded = corpus.all_named(exclude_units)
    left = [unit for unit in chosen if unit not in excluded]
    if not left:
        raise InputError(f"exclude_units leaves none of the units {', '.join(chosen)}")
    return corpus.only(left)


def _mixtures_of(method: str, arguments: EnumerateArguments, units: CorpusUnits) -> Iterator[Mixture]:
    names, seed = units.names, arguments.random_seed
    match method:
        case "simplex_grid":
            return methods.simplex_grid(names, arguments.grid_steps)
        case "dirichlet":
            return methods.dirichlet(names, arguments.draws, arguments.concentration, seed)
        case "given":
            return (methods.given(units, weights) for weights in arguments.mixtures)
        case "multipliers":
            weights = _weights(arguments, units)
            return (methods.multiplied(units, weights, factors) for factors in arguments.multipliers)
        case "group_subsets":
            return _group_subsets(arguments, units)
        case "across":
            parts = _parts(arguments, units)
            members = [unit for side in parts for part in side for unit in part]
            mixtures = across(parts, arguments.samples, seed)
            return _weighed(mixtures, arguments, units.only(members), arguments.side_weights)
        case "swap":
            fixed, groups = units.all_named(arguments.base_units), units.groups_named(arguments.group_by)
            members = dict.fromkeys(chain(fixed, *groups.values()))
            return _weighed(swap(fixed, groups), arguments, units.only(list(members)), arguments.side_weights)
    uniform = _uniform(method, arguments, units)
    return uniform if arguments.weights_of == UNIFORM else _weighed(uniform, arguments, units)


def _uniform(method: str, arguments: EnumerateArguments, units: CorpusUnits) -> Iterator[Mixture]:
    names = units.names
    match method:
        case "subsets":
            return methods.subsets(names, arguments.min_units, arguments.max_units)
        case "pairs":
            return methods.subsets(names, 2, 2)
        case "random":
            return chain.from_iterable(
                random_subsets(names, size, arguments.draws, arguments.random_seed) for size in arguments.sizes
            )
        case "leave_one_out":
            return methods.leave_one_out(names)
        case "add_one":
            return methods.add_one(names, units.all_named(arguments.base_units))
        case "windows":
            rows = rows_of_neighbours(units, arguments.windows_within, arguments.windows_by, bool(arguments.units))
            clip = arguments.window_edges == "clip"
            return chain.from_iterable(windows(rows, size, clip) for size in arguments.window_sizes)
        case "groups":
            return of_groups(units.groups_named(arguments.group_by))


def _weights(arguments: EnumerateArguments, units: CorpusUnits) -> dict[str, int]:
    """The weight of every unit, in proportion to others."""
    return dict.fromkeys(units.names, 1) if arguments.weights_of == UNIFORM else units.tokens_of_all()


def _weighed(
    mixtures: Iterable[Mixture], arguments: EnumerateArguments, units: CorpusUnits, variants: Sequence[dict] = ()
) -> Iterator[Mixture]:
    """The units of each mixture with weights of their own, once for each mapping of factors."""
    weights = _weights(arguments, units)
    for mixture in mixtures:
        for factors in variants or [{}]:
            yield methods.multiplied(units, {unit: weights[unit] for unit in mixture.units}, factors)


def _parts(arguments: EnumerateArguments, units: CorpusUnits) -> list[list[list[str]]]:
    return parts_of_sides(units, arguments.across, arguments.across_by)


def _groups_by_field(arguments: EnumerateArguments, units: CorpusUnits) -> list[dict[str, list[str]]]:
    """The groups of each field in `group_by`, of which subsets are taken."""
    by_field: dict[str, list[str]] = {}
    for name in arguments.group_by:
        by_field.setdefault(name.partition("=")[0], []).append(name)
    return [units.groups_named(names) for names in by_field.values()]


def _group_subsets(arguments: EnumerateArguments, units: CorpusUnits) -> Iterator[Mixture]:
    weights = _weights(arguments, units)
    amounts = units.tokens_of_all() if arguments.group_weights == "tokens" else weights
    for groups in _groups_by_field(arguments, units):
        check_apart(groups, "the groups of `group_subsets`")
        shares = {group: sum(amounts[unit] for unit in members) for group, members in groups.items()}
        if arguments.group_weights == "equal":
            shares = dict.fromkeys(groups, 1)
        for size in arguments.sizes:
            yield from group_subsets(groups, size, weights, shares, arguments.samples, arguments.random_seed)


def _count(method: str, arguments: EnumerateArguments, units: CorpusUnits) -> int:
    """How many mixtures a method gives that can give very many."""
    number, samples = len(units.names), arguments.samples
    match method:
        case "subsets":
            return methods.count_subsets(number, arguments.min_units, arguments.max_units)
        case "simplex_grid":
            return methods.count_grid(number, arguments.grid_steps)
        case "random":
            return _count_sets(method, arguments.sizes, number, "units", arguments.draws)
        case "group_subsets":
            counts = map(len, _groups_by_field(arguments, units))
            return sum(_count_sets(method, arguments.sizes, count, "groups", samples) for count in counts)
        case "across":
            count = _drawn(method, math.prod(map(len, _parts(arguments, units))), samples)
            return count * max(1, len(arguments.side_weights))
    return 0


def _count_sets(method: str, sizes: list[int], number: int, what: str, samples: int | None) -> int:
    """How many sets of these sizes are taken of a number of units or groups."""
    for size in sizes:
        if size > number:
            raise InputError(f"`sizes` has {size}, and method {method!r} has {number} {what}; give sizes up to that")
    return sum(_drawn(f"{method} of {size} {what}", math.comb(number, size), samples) for size in sizes)


def _drawn(what: str, count: int, samples: int | None) -> int:
    if samples is None or samples <= count:
        return count if samples is None else samples
    logger.info("%s: there are %d, fewer than `samples`, which is %d; all are taken", what, count, samples)
    return count


def needs_corpus(arguments: EnumerateArguments, groups_are_known: bool = False) -> bool:
    """Whether the mixtures depend on more of the corpus than its units' names: on groups, or numbers of tokens.

    Args:
        arguments ([`EnumerateArguments`]): of the recipe.
        groups_are_known (`bool`): the recipe of the corpus says which groups its units are in.
    """
    if arguments.weights_of != UNIFORM or (
        "group_subsets" in arguments.methods and arguments.group_weights == "tokens"
    ):
        return True
    if groups_are_known:
        return False
    mappings = [*arguments.mixtures, *arguments.multipliers, *arguments.side_weights]
    lists = [arguments.units, arguments.exclude_units, arguments.base_units, arguments.across, *mappings]
    ordered = arguments.units and not (arguments.windows_within or arguments.windows_by)
    return (
        any(field != UNIT for field in arguments.across_by)
        or not {"groups", "group_subsets", "swap"}.isdisjoint(arguments.methods)
        or ("windows" in arguments.methods and not ordered)
        or any("=" in name for name in chain.from_iterable(lists))
    )
