"""What `hf-ablate partition --dry_run` prints."""

from collections import Counter
from pathlib import Path

from .inputs.input_file import InputFile
from .selection.catalog import Catalog
from .selection.index import Index
from .selection.membership import find_membership
from .selection.recipe import Recipe


def print_files(files: list[InputFile], roots: list[str], unit_tokens: int | None, block_size: int) -> None:
    """Print what would be read, and how large units would be.

    Args:
        files (`list[InputFile]`): the input.
        roots (`list[str]`): where it is from.
        unit_tokens (`int | None`): the budget of every unit.
        block_size (`int`): tokens in a block.
    """
    size = sum(file.size for file in files)
    what = f"{len(files):,} files of {size / 1e6:,.1f} MB under" if size else f"{len(files):,} parts of"
    print(f"partition: {what} {', '.join(roots)}")
    budget = f"{unit_tokens:,} tokens" if unit_tokens else "as many tokens as the smallest unit"
    print(f"  every unit gets {budget}, in blocks of {block_size:,}")


def print_partitions(files: list[InputFile], recipe: Recipe) -> None:
    """Print the partitions of files that are one document each; nothing is read or written."""
    catalog = Catalog(files, recipe.reading, Index(Path(), recipe.reading))  # an index that nothing is added to
    members = find_membership(catalog, recipe.reading.rules, recipe.roles, recipe.held_out, recipe.budgets.unit_tokens)
    count, total = Counter(), Counter()
    for keys, records in catalog.records():
        for partition, size in zip(members.partitions_of(keys, records), records["bytes"].tolist(), strict=True):
            count[partition.name] += 1
            total[partition.name] += size
    portions = members.portions
    roles = dict.fromkeys(portions.units, "unit") | dict.fromkeys(portions.seed, "seed")
    roles |= dict.fromkeys(portions.evaluation, "evaluation only")
    for name, role in roles.items():
        print(f"  {role:<16} {name:<24} {count[name]:>7,} documents {total[name] / 1e6:>10,.2f} MB")
    if portions.unused:
        print(f"  not used: {', '.join(portions.unused[:20])}")
