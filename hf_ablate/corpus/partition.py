"""`hf-ablate partition`: documents to base units of one token budget and evaluation splits."""

import dataclasses
import logging
import shutil
from pathlib import Path

from ..errors import InputError
from ..manifest import MANIFEST, digest, fingerprint, is_finished, read_manifest, write_manifest
from .arguments import PartitionArguments
from .inputs import InputFile, list_inputs


logger = logging.getLogger(__name__)

_NOT_IN_FINGERPRINT = ("run_dir", "dry_run", "output_format", "num_proc")


def run(arguments: PartitionArguments) -> None:
    """Partition a corpus; does nothing when that has been done with the same arguments on the same input."""
    files = list_inputs(arguments)
    if arguments.dry_run:
        from .plan import print_plan

        print_plan(arguments, files)
        return
    from .table import print_table

    folder = arguments.run_dir / "corpus"
    settings, inputs = _identity(arguments, files)
    expected = fingerprint("partition", settings, inputs)
    if is_finished(folder, expected):
        logger.info("corpus: unchanged, nothing to do")
    else:
        work = _work_folder(folder, expected)
        _partition(arguments, files, folder, work, settings, inputs)
    _remove_work(folder)
    print_table(read_manifest(folder), arguments.output_format)


def _identity(arguments: PartitionArguments, files: list[InputFile]) -> tuple[dict, dict[str, str]]:
    """What the corpus depends on: the arguments without paths of this machine, and the input files."""
    settings = dataclasses.asdict(arguments)
    for name in _NOT_IN_FINGERPRINT:
        del settings[name]
    settings["roots"] = [root.rstrip("/").rsplit("/", 1)[-1] for root in arguments.roots]
    inputs = {"files": digest([[file.name, file.size, file.version] for file in files])}
    if arguments.tokenizer and Path(arguments.tokenizer).is_dir():
        from .tokenizers import load_tokenizer, tokenizer_digest

        settings["tokenizer"] = Path(arguments.tokenizer).name
        inputs["tokenizer"] = tokenizer_digest(load_tokenizer(arguments.tokenizer))
    return settings, inputs


def _work_folder(folder: Path, expected: str) -> Path:
    """Where intermediate files go; those of other arguments are removed, those of these are continued with."""
    work = folder / ".work" / expected
    for other in (folder / ".work").glob("*"):
        if other != work:
            shutil.rmtree(other)
    work.mkdir(parents=True, exist_ok=True)
    return work


def _remove_work(folder: Path) -> None:
    if (folder / ".work").exists():
        shutil.rmtree(folder / ".work")


def _partition(
    arguments: PartitionArguments, files: list[InputFile], folder: Path, work: Path, settings: dict, inputs: dict
) -> None:
    from .collect import Collector
    from .tokenizers import tokenizer_digest
    from .units import choose_units

    collector = Collector(arguments, files, work)
    encoded = collector.collect()
    units, num_blocks = choose_units(arguments, encoded, collector.groups.units)

    (folder / MANIFEST).unlink(missing_ok=True)
    for name in ("units", "seed", "eval", "tokenizer"):
        if (folder / name).exists():
            shutil.rmtree(folder / name)
    facts = {
        "units": _write_units(arguments, folder, encoded, units, num_blocks),
        "seed": _write_seed(arguments, folder, encoded),
        "tokenizer": {"digest": tokenizer_digest(collector.tokenizer), "vocab_size": len(collector.tokenizer)},
        "block_size": arguments.block_size,
        "eval": _write_eval(arguments, folder, encoded, list(units)),
    }
    shutil.copytree(work / "tokenizer", folder / "tokenizer")
    facts["digest"] = digest(facts)
    facts["files"] = {"matched": len(files), "read": sum(len(task.files) for task in collector.index.tasks)}
    facts["removed"] = {"duplicates": collector.count_duplicates()}
    facts["leftovers"] = {"documents": collector.left_out(), "unused_partitions": collector.groups.leftover}
    facts["dropped_units"] = [name for name in collector.groups.units if name not in units]
    write_manifest(folder, "partition", settings, inputs, **facts)


def _write_units(arguments: PartitionArguments, folder: Path, encoded, units: dict, num_blocks: int) -> dict:
    from .units import documents_of, write_held_out_blocks, write_training_blocks

    facts = {}
    for unit, documents in units.items():
        target = folder / "units" / unit
        facts[unit] = write_training_blocks(target, documents, num_blocks, arguments.block_size, encoded.dtype)
        for split, name in (("val", "validation"), ("test", "test")):
            held_out = _capped(arguments, documents_of(encoded, "unit", unit, split))
            blocks = write_held_out_blocks(target, name, held_out, arguments.block_size, encoded.dtype)
            facts[unit][f"{name}_blocks"] = blocks
    return facts


def _write_seed(arguments: PartitionArguments, folder: Path, encoded) -> dict | None:
    from .units import documents_of, seed_blocks, write_training_blocks

    if not arguments.seed_partitions:
        return None
    documents = documents_of(encoded, "seed", "seed", "train")
    num_blocks = seed_blocks(arguments, documents)
    return write_training_blocks(folder / "seed", documents, num_blocks, arguments.block_size, encoded.dtype)


def _write_eval(arguments: PartitionArguments, folder: Path, encoded, units: list[str]) -> dict:
    from .eval_splits import write_domain
    from .units import documents_of

    sources: dict[str, dict] = {}
    domains = [("in_domain", "unit", unit) for unit in units]
    domains += [("out_of_domain", "eval", name) for name in arguments.eval_partitions]
    for source, role, name in domains:
        for split, share in (("val", arguments.val_fraction), ("test", arguments.test_fraction)):
            documents = _capped(arguments, documents_of(encoded, role, name, split))
            if not share:
                continue
            if not len(documents):
                raise InputError(f"{name!r} has no document left for its {split} split; raise `{split}_fraction`")
            entry = sources.setdefault(source, {}).setdefault(split, {"digest": "", "domains": {}})
            entry["domains"][name] = write_domain(folder / "eval", source, split, name, documents.rows())
    for splits in sources.values():
        for entry in splits.values():
            entry["digest"] = digest({name: facts["digest"] for name, facts in entry["domains"].items()})
    return sources


def _capped(arguments: PartitionArguments, documents):
    return documents.first(arguments.eval_bytes, "bytes") if arguments.eval_bytes else documents
