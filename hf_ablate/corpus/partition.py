"""`hf-ablate partition`: documents to base units of one token budget and evaluation splits."""

import dataclasses
import json
import logging
import shutil
from pathlib import Path

from ..byte_streams import is_url
from ..errors import InputError
from ..manifest import (
    digest,
    fingerprint,
    is_finished,
    read_manifest,
    remove_manifest,
    write_json,
    write_manifest,
    write_text,
)
from ..run_folder import RunFolder
from ..saved_tokenizer import vocab_size_of
from .arguments import PartitionArguments
from .decontamination.evaluation_sets import list_evaluation_files
from .from_arguments import input_files, recipe_of, unit_size
from .inputs.input_file import InputFile
from .known_partitions import check_partition_names


logger = logging.getLogger(__name__)

_NOT_IN_FINGERPRINT = (
    "run_dir", "dry_run", "output_format", "num_proc", "executor", "ray_address", "trust_remote_code",
)  # fmt: skip
_WORK_FORMAT = 2  # of intermediate files: a run that another version of this package began starts again


def run(arguments: PartitionArguments) -> None:
    """Partition a corpus; does nothing when that has been done with the same arguments on the same input."""
    if arguments.dry_run:
        from .dry_run import describe_input

        lines, facts = describe_input(arguments)
        as_json = arguments.output_format == "json"
        print(json.dumps(facts, ensure_ascii=False) if as_json else "\n".join([f"partition: {lines[0]}", *lines[1:]]))
        return
    check_is_own(arguments.run_dir)
    files = input_files(arguments)
    check_partition_names(arguments, files)
    settings, inputs = _identity(arguments, files)
    folder = RunFolder(arguments.run_dir)
    from .table import print_table

    expected = fingerprint("partition", settings, inputs)
    if is_finished(folder.corpus, expected):
        logger.info("corpus: unchanged, nothing to do")
    else:
        work = _work_folder(folder.corpus, expected)
        _partition(arguments, files, folder, work, settings, inputs)
    _remove_work(folder.corpus)
    print_table(read_manifest(folder.corpus), arguments.output_format)


def check_is_own(run_dir: Path) -> None:
    """Raise `InputError` where the corpus is that of the run folder around, which other pools and studies use."""
    folder = RunFolder(run_dir)
    if folder.around is not None:
        raise InputError(
            f"{run_dir} shares the corpus of {folder.corpus.parent}; partition there, or give another run_dir"
        )


def is_partitioned(arguments: PartitionArguments) -> bool:
    """Whether the run folder holds the corpus of exactly these arguments and of the input as it is now.

    Raises:
        `InputError`: for input that is not there.
    """
    # a dry run streams data sets of the Hub, and lists other parts than the run that made the corpus
    files = input_files(dataclasses.replace(arguments, dry_run=False))
    settings, inputs = _identity(arguments, files)
    return is_finished(RunFolder(arguments.run_dir).corpus, fingerprint("partition", settings, inputs))


def _identity(arguments: PartitionArguments, files: list[InputFile]) -> tuple[dict, dict[str, str]]:
    """What the corpus depends on: the arguments without paths of this machine, and the input files."""
    settings = dataclasses.asdict(arguments)
    for name in _NOT_IN_FINGERPRINT:
        del settings[name]
    for name in ("match_epochs_of", "text_regex", "bin_tokens", "exclude_hub_configs", "collections"):
        if not settings[name]:
            del settings[name]  # corpora that were made before there was this option stay as they are
    settings["roots"] = roots_of(arguments)
    settings["decontaminate_against"] = [_without_folder(path, "files") for path in arguments.decontaminate_against]
    for given, collection in zip(settings.get("collections", ()), arguments.all_collections, strict=False):
        given["roots"] = [_without_folder(root, collection.source) for root in collection.roots]
    inputs = {"files": digest([[file.name, file.size, file.version] for file in files])}
    if arguments.decontaminate_against:
        sets = list_evaluation_files(arguments.decontaminate_against)
        inputs["evaluation_sets"] = digest(
            {name: [[file.name, file.size, file.version] for file in files] for name, files in sets.items()}
        )
    if arguments.tokenizer and Path(arguments.tokenizer).is_dir():
        from .tokenizers import load_tokenizer, tokenizer_digest

        settings["tokenizer"] = Path(arguments.tokenizer).name
        inputs["tokenizer"] = tokenizer_digest(load_tokenizer(arguments.tokenizer))
    return settings, inputs


def roots_of(arguments: PartitionArguments) -> list[str]:
    """Where the documents come from, without paths of this machine."""
    return [_without_folder(root, each.source) for each in arguments.all_collections for root in each.roots]


def _without_folder(path: str, source: str) -> str:
    is_remote = is_url(path) and not path.startswith("file://")
    if is_remote or (source == "hub" and not Path(path).exists()):
        return path
    return path.rstrip("/").rsplit("/", 1)[-1]


def _work_folder(folder: Path, expected: str) -> Path:
    """Where intermediate files go; those of this corpus are resumed from, those of other arguments are removed."""
    work = folder / ".work" / f"{expected}-{_WORK_FORMAT}"
    for other in (folder / ".work").glob("*"):
        if other != work:
            shutil.rmtree(other)
    work.mkdir(parents=True, exist_ok=True)
    return work


def _remove_work(folder: Path) -> None:
    if (folder / ".work").exists():
        shutil.rmtree(folder / ".work")


def _partition(
    arguments: PartitionArguments, files: list[InputFile], folder: RunFolder, work: Path, settings: dict, inputs: dict
) -> None:
    from .card import corpus_card
    from .output.removed import removed_documents
    from .output.units import choose_units
    from .output.write import write_eval, write_seed, write_units
    from .rules.slices import groups_of
    from .selection.collect import collect
    from .selection.jobs import tokenizer_folder
    from .selection.workers import start_workers
    from .tokenizers import start_token, tokenizer_digest

    recipe = recipe_of(arguments)
    with start_workers(arguments, arguments.num_proc) as workers:
        collection = collect(files, recipe, work, workers)
    encoded, portions, block_size = collection.encoded, collection.encoded.portions, arguments.block_size
    units, num_blocks = choose_units(encoded, portions.units, unit_size(arguments))

    remove_manifest(folder.corpus)
    for place in (folder.units, folder.seed_text, folder.eval, folder.tokenizer):
        if place.exists():
            shutil.rmtree(place)
    tokenizer = collection.tokenizer
    contents = {
        "units": write_units(folder.units, encoded, units, num_blocks, block_size, arguments.eval_bytes),
        "seed": write_seed(folder.seed_text, encoded, arguments.seed_tokens, block_size),
        "tokenizer": {
            "digest": tokenizer_digest(tokenizer),
            "vocab_size": vocab_size_of(tokenizer),
            "document_start": None
            if start_token(tokenizer, arguments.document_start) is None
            else tokenizer.bos_token,
        },
        "block_size": block_size,
        "eval": write_eval(
            folder.eval, encoded, list(units), recipe.held_out, arguments.eval_source_by, arguments.eval_bytes
        ),
    }
    shutil.copytree(tokenizer_folder(work), folder.tokenizer)
    contents["digest"] = digest(contents)
    contents["groups"] = {
        name: {"fields": groups_of(portions.values[name]), "source": portions.roots[name]} for name in units
    }
    contents["files"] = {
        "matched": len(files),
        "read": sum(len(task.files) for task in collection.indexed.index.tasks),
    }
    contents["removed"], samples = removed_documents(collection)
    write_json(folder.corpus / "removed.json", samples)
    contents["leftovers"] = {"documents": collection.left_out.counts, "unused_partitions": portions.unused}
    contents["whole_units"] = arguments.unit_tokens == "all"
    contents["match_epochs_of"] = arguments.match_epochs_of
    contents["dropped_units"] = [name for name in portions.units if name not in units]
    overlap = recipe.decontamination.rule if recipe.decontamination else None
    partition_by = list(dict.fromkeys(name for each in arguments.all_collections for name in each.partition_by))
    card = corpus_card(contents, settings["roots"], partition_by, overlap)
    write_text(folder.corpus / "README.md", card)
    write_manifest(folder.corpus, "partition", settings, inputs, **contents)
