"""What a corpus folder holds: the blocks of units and seed, and the evaluation splits."""

from pathlib import Path

from ..errors import InputError
from ..manifest import digest
from .arguments import PartitionArguments
from .encoded import Encoded, GroupDocuments
from .eval_splits import write_domain
from .groups import Groups
from .units import documents_of, seed_blocks, write_held_out_blocks, write_training_blocks


def write_units(
    arguments: PartitionArguments, folder: Path, encoded: Encoded, units: dict[str, GroupDocuments], num_blocks: int
) -> dict:
    """Write the blocks of all units, and say what is in each."""
    facts = {}
    for unit, documents in units.items():
        target = folder / "units" / unit
        facts[unit] = write_training_blocks(target, documents, num_blocks, arguments.block_size, encoded.dtype)
        for split, name in (("val", "validation"), ("test", "test")):
            held_out = _capped(arguments, documents_of(encoded, "unit", unit, split))
            blocks = write_held_out_blocks(target, name, held_out, arguments.block_size, encoded.dtype)
            facts[unit][f"{name}_blocks"] = blocks
    return facts


def write_seed(arguments: PartitionArguments, folder: Path, encoded: Encoded) -> dict | None:
    """Write the blocks of the seed, if it has partitions, and say what is in them."""
    if not encoded.groups.seed:
        return None
    documents = documents_of(encoded, "seed", "seed", "train")
    num_blocks = seed_blocks(arguments, documents)
    return write_training_blocks(folder / "seed", documents, num_blocks, arguments.block_size, encoded.dtype)


def write_eval(arguments: PartitionArguments, folder: Path, encoded: Encoded, units: list[str]) -> dict:
    """Write the evaluation splits: `in_domain` with a domain per unit, and what is only evaluated on.

    Raises:
        `InputError`: if documents are held out by hash and a split got none.
    """
    sources: dict[str, dict] = {}
    domains = [("in_domain", unit, "unit", unit) for unit in units]
    domains += [(*_eval_domain(name, encoded.groups, arguments), "eval", name) for name in encoded.groups.evaluation]
    for source, domain, role, name in domains:
        for split, share in (("val", arguments.val_fraction), ("test", arguments.test_fraction)):
            documents = _capped(arguments, documents_of(encoded, role, name, split))
            if arguments.split_field is None and share and not len(documents):
                raise InputError(f"{name!r} has no document left for its {split} split; raise `{split}_fraction`")
            if not len(documents):
                continue
            entry = sources.setdefault(source, {}).setdefault(split, {"digest": "", "domains": {}})
            facts = write_domain(folder / "eval", source, split, domain, documents.rows())
            entry["domains"][domain] = facts if domain == name else {**facts, "partition": name}
    for splits in sources.values():
        for entry in splits.values():
            entry["digest"] = digest({name: facts["digest"] for name, facts in entry["domains"].items()})
    return sources


def _eval_domain(name: str, groups: Groups, arguments: PartitionArguments) -> tuple[str, str]:
    """The source and the domain of an evaluation-only partition."""
    if not arguments.eval_source_by:
        return "out_of_domain", name
    values = dict(groups.values[name])
    source = values.pop(arguments.eval_source_by)
    return source, "_".join(values.values())


def _capped(arguments: PartitionArguments, documents: GroupDocuments) -> GroupDocuments:
    return documents.first(arguments.eval_bytes, "bytes") if arguments.eval_bytes else documents
