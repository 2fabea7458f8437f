"""`hf-ablate partition`: documents to base units of one token budget and evaluation splits."""

import dataclasses
import logging
import shutil
from pathlib import Path

from ..byte_streams import is_url
from ..manifest import (
    MANIFEST,
    digest,
    fingerprint,
    is_finished,
    read_manifest,
    write_json,
    write_manifest,
    write_text,
)
from .arguments import PartitionArguments
from .decontamination.evaluation_sets import list_evaluation_files
from .inputs import InputFile, list_inputs


logger = logging.getLogger(__name__)

_NOT_IN_FINGERPRINT = ("run_dir", "dry_run", "output_format", "num_proc")


def run(arguments: PartitionArguments) -> None:
    """Partition a corpus; does nothing when that has been done with the same arguments on the same input."""
    files = list_inputs(arguments)
    settings, inputs = _identity(arguments, files)
    if arguments.dry_run:
        from .plan import print_plan

        print_plan(arguments, files)
        return
    from .table import print_table

    folder = arguments.run_dir / "corpus"
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
    for name in ("roots", "decontaminate_against"):
        settings[name] = [_without_folder(path, arguments.source) for path in settings[name]]
    inputs = {"files": digest([[file.name, file.size, file.version] for file in files])}
    if arguments.decontaminate_against:
        sets = list_evaluation_files(arguments)
        inputs["evaluation_sets"] = digest(
            {name: [[file.name, file.size, file.version] for file in files] for name, files in sets.items()}
        )
    if arguments.tokenizer and Path(arguments.tokenizer).is_dir():
        from .tokenizers import load_tokenizer, tokenizer_digest

        settings["tokenizer"] = Path(arguments.tokenizer).name
        inputs["tokenizer"] = tokenizer_digest(load_tokenizer(arguments.tokenizer))
    return settings, inputs


def _without_folder(path: str, source: str) -> str:
    is_remote = is_url(path) and not path.startswith("file://")
    if is_remote or (source == "hub" and not Path(path).exists()):
        return path
    return path.rstrip("/").rsplit("/", 1)[-1]


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
    from .card import corpus_card
    from .collect import Collector
    from .output import write_eval, write_seed, write_units
    from .removed import removed_documents
    from .tokenizers import tokenizer_digest
    from .units import choose_units

    collector = Collector(arguments, files, work)
    encoded = collector.collect()
    groups = collector.groups
    units, num_blocks = choose_units(arguments, encoded, groups.units)

    (folder / MANIFEST).unlink(missing_ok=True)
    for name in ("units", "seed", "eval", "tokenizer"):
        if (folder / name).exists():
            shutil.rmtree(folder / name)
    facts = {
        "units": write_units(arguments, folder, encoded, units, num_blocks),
        "seed": write_seed(arguments, folder, encoded),
        "tokenizer": {"digest": tokenizer_digest(collector.tokenizer), "vocab_size": len(collector.tokenizer)},
        "block_size": arguments.block_size,
        "eval": write_eval(arguments, folder, encoded, list(units)),
    }
    shutil.copytree(work / "tokenizer", folder / "tokenizer")
    facts["digest"] = digest(facts)
    facts["groups"] = {name: {"fields": groups.values[name], "source": groups.roots[name]} for name in units}
    facts["files"] = {"matched": len(files), "read": sum(len(task.files) for task in collector.index.tasks)}
    facts["removed"], samples = removed_documents(collector, encoded)
    write_json(folder / "removed.json", samples)
    facts["leftovers"] = {"documents": collector.members.left_out().counts, "unused_partitions": groups.leftover}
    facts["dropped_units"] = [name for name in groups.units if name not in units]
    write_text(folder / "README.md", corpus_card(arguments, facts, settings["roots"]))
    write_manifest(folder, "partition", settings, inputs, **facts)
