"""Which partitions a corpus can have, where the names of its files or the rules of its recipe decide that."""

from collections.abc import Mapping
from contextlib import suppress
from itertools import product

from ..errors import InputError
from .arguments import PartitionArguments
from .from_arguments import files_of, recipe_of
from .inputs.input_file import InputFile
from .names import matching
from .rules.bins import Bins
from .rules.naming import NamingRules
from .rules.values import FieldRule


def check_partition_names(arguments: PartitionArguments, files: list[InputFile]) -> None:
    """Refuse partitions that a recipe names and its corpus cannot have; where only documents tell, nothing is refused.

    Args:
        arguments ([`PartitionArguments`]): of the corpus.
        files (`list[InputFile]`): its input.

    Raises:
        `InputError`: for such a name, with the nearest.
    """
    known: set[str] = set()
    for collection, rules in arguments.rules.items():
        names = possible_partitions([file for file in files if file.collection == collection], rules)
        if names is None:
            return
        known |= set(names)
    roles = recipe_of(arguments).roles
    for names in (roles.seed, roles.evaluation, roles.units or []):
        matching(names, sorted(known))


def check_named_partitions(arguments: PartitionArguments) -> None:
    """The same without the input at hand: files of this machine are listed; what is not there yet is not looked for.

    Args:
        arguments ([`PartitionArguments`]): of the corpus.

    Raises:
        `InputError`: as above.
    """
    files: list[InputFile] = []
    for collection in arguments.all_collections:
        if collection.source != "hub" and not any("://" in root for root in collection.roots):
            with suppress(InputError):  # that is the run's to say: the data may be on another machine
                files += files_of(collection)
    check_partition_names(arguments, files)


def possible_partitions(files: list[InputFile], rules: NamingRules) -> list[str] | None:
    """The names of all partitions that there can be; `None` where documents have to be read for that.

    Args:
        files (`list[InputFile]`): the input, with the fields that paths give.
        rules (`NamingRules`): what decides partitions.
    """
    if rules.has_automatic_bins:
        return None
    closed = {name: _closed_values(name, rules) for name in rules.partition_by}
    paths = [file.fields for file in files if file.fields is not None] or [{}]
    names: set[str] = set()
    for fields in {tuple(sorted(path.items())): path for path in paths}.values():
        given = {name: _given_values(name, rules, fields) for name in rules.partition_by}
        options = [closed[name] if values is None else values for name, values in given.items()]
        if None in options:
            return None
        names |= {"_".join(values) for values in product(*options)}
    return sorted(names)


def _given_values(name: str, rules: NamingRules, fields: Mapping[str, str]) -> list[str] | None:
    """The value of a field that a path gives, as a list; `None` where it gives none."""
    place = name if name in fields else rules.places.get(name, name)
    if place not in fields:
        return None
    value, problem = FieldRule(name, rules).value(fields[place])
    return [] if problem else [str(value)]


def _closed_values(name: str, rules: NamingRules) -> list[str] | None:
    """All values that a field can have, where rules alone say that."""
    if name == "slice" and rules.slices:
        return [f"slice-{number}-of-{rules.slices}" for number in range(1, rules.slices + 1)]
    if name in rules.value_regex:
        names = set(rules.value_regex[name].values())
        return None if any("\\" in one for one in names) else sorted(names)
    if name not in rules.bins or name in rules.value_map:
        return None
    bins = Bins(name, rules.bins[name])
    numbers = [bins.edges[0] - 1, *bins.edges] if bins.edges else [low for low, _, _ in bins.ranges or []]
    return [str(bins.value(number)[0]) for number in numbers]
