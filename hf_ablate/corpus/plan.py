"""What `hf-ablate partition --dry_run` prints."""

from collections import Counter

from .arguments import PartitionArguments
from .inputs import InputFile


def print_plan(arguments: PartitionArguments, files: list[InputFile]) -> None:
    """Print what would be read; for files that are one document each, by partition."""
    size = sum(file.size for file in files)
    what = f"{len(files):,} files of {size / 1e6:,.1f} MB under" if size else f"{len(files):,} parts of"
    print(f"partition: {what} {', '.join(arguments.roots)}")
    budget = f"{arguments.unit_tokens:,} tokens" if arguments.unit_tokens else "as many tokens as the smallest unit"
    print(f"  every unit gets {budget}, in blocks of {arguments.block_size:,}")
    if arguments.source != "files":
        return
    from .catalog import Catalog
    from .index import Index
    from .membership import Membership

    catalog = Catalog(files, arguments)
    members = Membership(arguments, Index(arguments.run_dir), catalog)  # an index without tasks: nothing is read
    names, groups = [partition.name for partition in members.partitions], members.groups
    count, total = Counter(), Counter()
    for key, amount in zip(catalog.records["key"].tolist(), catalog.records["bytes"].tolist(), strict=True):
        count[names[key]] += 1
        total[names[key]] += amount
    roles = dict.fromkeys(groups.units, "unit") | dict.fromkeys(groups.seed, "seed")
    roles |= dict.fromkeys(groups.evaluation, "evaluation only")
    for name, role in roles.items():
        print(f"  {role:<16} {name:<24} {count[name]:>7,} documents {total[name] / 1e6:>10,.2f} MB")
    if groups.leftover:
        print(f"  not used: {', '.join(groups.leftover[:20])}")
