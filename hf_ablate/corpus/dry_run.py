"""What is known of a corpus before it is made, for `--dry_run`."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..text_table import paragraph, text_table
from .arguments import PartitionArguments
from .collection_arguments import NamedCollection
from .decontamination.evaluation_sets import list_evaluation_files
from .from_arguments import input_files, recipe_of
from .inputs.input_file import InputFile
from .known_partitions import check_partition_names
from .selection.catalog import Catalog
from .selection.index import Index
from .selection.membership import find_membership
from .selection.recipe import Recipe


def describe_input(arguments: PartitionArguments) -> tuple[list[str], dict[str, Any]]:
    """What would be read, how large units would be and, of files that are one document each, the partitions.

    Nothing is read or written.

    Args:
        arguments ([`PartitionArguments`]): of the corpus.

    Returns:
        `tuple`: lines for people, and the same as JSON has it.

    Raises:
        `InputError`: for input that is not there, and partitions that the files do not have.
    """
    files = input_files(arguments)
    if arguments.decontaminate_against:
        list_evaluation_files(arguments.decontaminate_against)
    size = sum(file.size for file in files)
    collections = [_collection_line(each, files) for each in arguments.all_collections]
    lines = collections if len(collections) == 1 else [f"{len(collections)} collections", *collections]
    budget = f"{arguments.unit_budget:,} tokens" if arguments.unit_budget else "as many tokens as the smallest unit"
    if arguments.unit_tokens == "all":
        budget = "its whole partition"
    final = arguments.match_epochs_of
    repeated = f", repeated as in a final run of {final:,} tokens" if final else ""
    lines.append(f"  every unit gets {budget}, in blocks of {arguments.block_size:,}{repeated}")
    facts: dict[str, Any] = {"files": len(files), "bytes": size, "unit_tokens": arguments.unit_tokens}
    recipe = recipe_of(arguments)
    if not recipe.is_known_by_name:
        check_partition_names(arguments, files)
    else:
        partitions, unused = partitions_of_files(files, recipe)
        facts |= {"partitions": partitions, "unused_partitions": unused}
        rows = [_cells(name, entry) for name, entry in partitions.items()]
        lines += [text_table(None, rows, left=(0, 1), keys=2)] if rows else []
        lines += [paragraph(f"  not used: {', '.join(unused[:20])}")] if unused else []
    return lines, facts


def _collection_line(collection: NamedCollection, files: list[InputFile]) -> str:
    """What a collection reads, and where from."""
    own = [file.size for file in files if file.collection == collection.name]
    what = f"{len(own):,} files of {sum(own) / 1e6:,.1f} MB under" if sum(own) else f"{len(own):,} parts of"
    name = f"  {collection.name}: " if collection.name else ""
    return f"{name}{what} {', '.join(collection.roots)}"


def _cells(name: str, entry: Mapping[str, Any]) -> list[str]:
    return [f"  {entry['role']}", name, f"{entry['documents']:,} documents", f"{entry['bytes'] / 1e6:,.2f} MB"]


def partitions_of_files(files: list[InputFile], recipe: Recipe) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The partitions of files that are one document each; nothing is read or written.

    Args:
        files (`list[InputFile]`): the input.
        recipe (`Recipe`): what is collected.

    Returns:
        `tuple`: partition → `role`, `documents` and `bytes`, for those that are used, and the names of the others.

    Raises:
        `InputError`: for partitions that the recipe names and the files do not have.
    """
    catalog = Catalog(files, recipe.readings, Index(Path(), recipe.readings))  # an index that nothing is added to
    members = find_membership(catalog, recipe.rules, recipe.roles, recipe.held_out, recipe.bin_tokens)
    count, total = Counter(), Counter()
    for keys, records in catalog.records():
        for partition, size in zip(members.partitions_of(keys, records), records["bytes"].tolist(), strict=True):
            count[partition.name] += 1
            total[partition.name] += size
    portions = members.portions
    roles = dict.fromkeys(portions.units, "unit") | dict.fromkeys(portions.seed, "seed")
    roles |= dict.fromkeys(portions.evaluation, "evaluation only")
    used = {name: {"role": role, "documents": count[name], "bytes": total[name]} for name, role in roles.items()}
    return used, portions.unused
