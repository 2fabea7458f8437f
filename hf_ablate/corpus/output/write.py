"""Writing what a corpus folder holds: the blocks of units and seed, and the evaluation splits."""

from pathlib import Path

from ...errors import InputError
from ...manifest import digest
from ..selection.encoded import EncodedDocuments, PortionDocuments
from ..selection.portions import Portion, Portions
from ..splits import SPLITS, HeldOut
from .eval_splits import write_domain
from .units import documents_of, seed_blocks, write_held_out_blocks, write_training_blocks


def write_units(
    folder: Path, encoded: EncodedDocuments, units: dict[str, PortionDocuments], num_blocks: dict[str, int],
    block_size: int, eval_bytes: int | None,
) -> dict:  # fmt: skip
    """Write the blocks of all units.

    Args:
        folder (`Path`): the folder of all units.
        encoded (`EncodedDocuments`): all documents, among them those held out.
        units (`dict[str, PortionDocuments]`): the units and their training documents.
        num_blocks (`dict[str, int]`): the size of every unit in blocks.
        block_size (`int`): tokens in a block.
        eval_bytes (`int | None`): the most text of a held-out split.

    Returns:
        `dict`: unit → what is in it, as the manifest records it.
    """
    entries = {}
    for unit, documents in units.items():
        entries[unit] = write_training_blocks(folder / unit, documents, num_blocks[unit], block_size)
        for split in SPLITS[1:]:
            held_out = _capped(documents_of(encoded, Portion("unit", unit, split)), eval_bytes)
            entries[unit] |= write_held_out_blocks(folder / unit, split, held_out, block_size)
    return entries


def write_seed(folder: Path, encoded: EncodedDocuments, seed_tokens: int | None, block_size: int) -> dict | None:
    """Write the blocks of the seed, if it has partitions.

    Args:
        folder (`Path`): the folder of the seed's text.
        encoded (`EncodedDocuments`): all documents.
        seed_tokens (`int | None`): the most tokens; `None` for all.
        block_size (`int`): tokens in a block.

    Returns:
        `dict` or `None`: what is in them, as the manifest records it.
    """
    if not encoded.portions.seed:
        return None
    documents = documents_of(encoded, Portion("seed", "seed", "train"))
    return write_training_blocks(folder, documents, seed_blocks(documents, seed_tokens, block_size), block_size)


def write_eval(
    folder: Path, encoded: EncodedDocuments, units: list[str], held_out: HeldOut, eval_source_by: str | None,
    eval_bytes: int | None,
) -> dict:  # fmt: skip
    """Write the evaluation splits: `in_domain` with a domain per unit, and what is only evaluated on.

    Args:
        folder (`Path`): the folder of all sources.
        encoded (`EncodedDocuments`): all documents.
        units (`list[str]`): the units.
        held_out (`HeldOut`): what is held out of training.
        eval_source_by (`str | None`): the field that names the source of evaluation-only partitions.
        eval_bytes (`int | None`): the most text of each domain and split.

    Returns:
        `dict`: source → split → digest and domains, as the manifest records them.

    Raises:
        `InputError`: if documents are held out by hash and a split got none.
    """
    sources: dict[str, dict] = {}
    portions = encoded.portions
    domains = [("in_domain", unit, "unit", unit) for unit in units]
    domains += [(*_eval_domain(name, portions, eval_source_by), "eval", name) for name in portions.evaluation]
    for source, domain, role, name in domains:
        for split in SPLITS[1:]:
            documents = _capped(documents_of(encoded, Portion(role, name, split)), eval_bytes)
            if not held_out.by_field and held_out.share(split) and not len(documents):
                raise InputError(f"{name!r} has no document left for its {split} split; raise `{split}_fraction`")
            if not len(documents):
                continue
            entry = sources.setdefault(source, {}).setdefault(split, {"digest": "", "domains": {}})
            written = write_domain(folder, source, split, domain, documents.rows())
            entry["domains"][domain] = written if domain == name else {**written, "partition": name}
    for splits in sources.values():
        for entry in splits.values():
            entry["digest"] = digest({name: written["digest"] for name, written in entry["domains"].items()})
    return sources


def _eval_domain(name: str, portions: Portions, eval_source_by: str | None) -> tuple[str, str]:
    """The source and the domain of an evaluation-only partition."""
    values = dict(portions.values[name])
    if eval_source_by not in values or len(values) == 1:
        return "out_of_domain", name
    source = values.pop(eval_source_by)
    return source, "_".join(values.values())


def _capped(documents: PortionDocuments, eval_bytes: int | None) -> PortionDocuments:
    return documents.first(eval_bytes, "bytes") if eval_bytes else documents
