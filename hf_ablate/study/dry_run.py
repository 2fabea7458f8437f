"""The dry run of a study whose corpus has not been made: what follows from its recipes alone."""

import copy
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..commands import find_command
from ..manifest import write_manifest


PLANNED_FROM_RECIPES = ("enumerate", "train")


def plan_from_recipes(stage: str, stages: dict[str, Any]) -> None:
    """Print what a stage will do, before there is a corpus.

    Args:
        stage (`str`): one of `PLANNED_FROM_RECIPES`.
        stages (`dict[str, Any]`): the arguments of every stage of the study.
    """
    {"enumerate": _plan_mixtures, "train": _plan_training}[stage](stages)


def _plan_mixtures(stages: dict[str, Any]) -> None:
    from ..mixtures.enumerate import needs_corpus, plan_candidates, print_summary
    from ..mixtures.units import CorpusUnits

    arguments, partition = stages["enumerate"], stages.get("partition")
    units = _known_units(partition) if partition else arguments.units
    if not units or needs_corpus(arguments):
        print("enumerate: planned when the corpus is partitioned, which decides the units and their groups")
        return
    print_summary(plan_candidates(arguments, CorpusUnits(units)), arguments.output_format)


def _known_units(partition: Any) -> list[str]:
    """The units, where the partition recipe decides them; otherwise none."""
    from ..corpus.names import is_pattern

    is_decided = partition.units and partition.on_small_unit == "fail" and not any(map(is_pattern, partition.units))
    return list(partition.units) if is_decided else []


def _plan_training(stages: dict[str, Any]) -> None:
    partition = stages.get("partition")
    if partition is None or not _is_determined(partition, stages.get("enumerate")):
        print(
            "train: planned when the corpus is partitioned, since the recipe does not fix its units and their tokens"
        )
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_corpus(folder / "corpus", partition)
        if "enumerate" in stages:
            with redirect_stdout(None):  # its own dry run has told of the mixtures
                find_command("enumerate").run(replace(stages["enumerate"], run_dir=folder, dry_run=False))
        train = copy.copy(stages["train"])
        train.run_dir = folder
        find_command("train").run(train)


def _is_determined(partition: Any, enumerate_arguments: Any) -> bool:
    """Whether the recipes say which units there are, how many tokens each and the seed have, and which mixtures."""
    from ..corpus.names import is_pattern
    from ..mixtures.enumerate import needs_corpus

    return (
        partition.units is not None
        and not any(map(is_pattern, partition.units))
        and partition.on_small_unit == "fail"
        and bool(partition.unit_tokens or not partition.units)
        and bool(partition.seed_tokens or not partition.seed_partitions)
        and not (enumerate_arguments and needs_corpus(enumerate_arguments))
    )


def _write_corpus(folder: Path, partition: Any) -> None:
    def source(tokens: int) -> dict:
        blocks = tokens // partition.block_size
        return {"blocks": blocks, "tokens": blocks * partition.block_size, "digest": ""}

    write_manifest(
        folder, "partition", {}, {},
        units={unit: source(partition.unit_tokens) for unit in partition.units},
        seed=source(partition.seed_tokens) if partition.seed_partitions else None,
        tokenizer={"vocab_size": _vocab_size(partition), "digest": ""},
        block_size=partition.block_size,
    )  # fmt: skip


def _vocab_size(partition: Any) -> int:
    if partition.tokenizer is None:
        return partition.vocab_size
    from ..corpus.tokenizers import load_tokenizer

    return len(load_tokenizer(partition.tokenizer))
