"""`hf-ablate train`: train what a study lacks, one model after the other in one process (or group of processes)."""

import gc
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..corpus.description import CorpusDescription
from ..errors import InputError
from ..loading_bars import no_loading_bars
from ..manifest import MANIFEST, read_manifest
from .arguments import TrainArguments
from .callbacks import PoolProgress
from .cost import cost_rows
from .devices import check_device, no_warnings_about_deepspeed
from .identity import identity, is_made
from .model import train_model
from .plan import Plan, plan
from .pool import PlannedModel, plan_reference
from .seed import check_architecture, check_tokenizer
from .tables import print_cost, print_trained
from .trackers import check_tracker
from .trainer import check_optimizer


if TYPE_CHECKING:
    from .held_out import HeldOutText


logger = logging.getLogger(__name__)


def run(arguments: TrainArguments) -> None:
    """Train the models that `arguments.model` asks for and that are missing or out of date."""
    planned = plan(arguments)
    corpus, missing = planned.corpus, planned.missing
    if arguments.process_index == 0:
        _say_why_again(arguments, planned)
    if arguments.dry_run:
        if arguments.process_index == 0:
            instead = [plan_reference(arguments, corpus, mixture) for mixture in planned.mixtures]
            costs = (cost_rows(models, corpus, planned.config, arguments) for models in (missing, instead))
            print_cost(arguments, *costs)
        return
    if arguments.eval_strategy != "no":
        _say_what_has_no_curve(planned.made, arguments)
    if not missing:
        logger.info("models: unchanged, nothing to do")
        if arguments.output_format == "json" and arguments.process_index == 0:
            print("[]")
        return
    check_device(arguments)
    check_tracker(arguments)
    check_tokenizer(arguments, corpus)
    check_architecture(arguments, planned.config)
    for kind in {model.kind for model in missing}:
        check_optimizer(arguments.for_kind(kind))
    _check_seed_comes_first(arguments, planned)
    _say_what_is_dropped(missing, corpus)
    held_out = _held_out(arguments, planned)
    progress = PoolProgress(sum(model.blocks for model in missing) * corpus.block_size, arguments.process_index == 0)
    try:
        with no_loading_bars(), no_warnings_about_deepspeed(), cheap_garbage_collection():
            for model in missing:
                progress.start(model.id)
                train_model(model, corpus, arguments, held_out, progress)
    finally:
        progress.close()
    if arguments.process_index == 0:
        print_trained(arguments, missing)


@contextmanager
def cheap_garbage_collection() -> Iterator[None]:
    """The Trainer collects garbage before each model, which takes half a second with all libraries imported; frozen
    objects are left out of it.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _held_out(arguments: TrainArguments, planned: Plan) -> "HeldOutText | None":
    """What is evaluated during training, read and tokenised before the first step."""
    if arguments.eval_strategy == "no":
        return None
    from .held_out import read_held_out

    context = getattr(planned.config.get_text_config(), "max_position_embeddings", None)
    return read_held_out(arguments, planned.corpus, context)


def _check_seed_comes_first(arguments: TrainArguments, planned: Plan) -> None:
    first = planned.missing[0]
    if first.kind != "seed" and not is_made(planned.seed, planned.corpus, arguments):
        raise InputError(
            f"{first.id} starts from the seed, which is missing or was made with other arguments; train it "
            "first: --model seed, or --model all"
        )


def _say_why_again(arguments: TrainArguments, planned: Plan) -> None:
    """Which arguments and data make finished models be trained again; told once for all that it is the same for.

    Another seed does so too, which follows from what is told of the seed.
    """
    by_reason: dict[str, list[str]] = {}
    for model in planned.missing:
        folder = model.folder(arguments.run_dir)
        if not (folder / MANIFEST).is_file():
            continue
        made, (values, inputs) = read_manifest(folder), identity(model, planned.corpus, arguments)
        before = made["arguments"]
        changed = [f"{name} {before.get(name)} -> {new}" for name, new in values.items() if before.get(name) != new]
        changed += [name for name, new in inputs.items() if name != "seed" and made["inputs"].get(name) != new]
        if changed:
            by_reason.setdefault(", ".join(changed), []).append(model.id)
    for reason, names in by_reason.items():
        logger.info("%s: to be trained again, changed: %s", _first_of(names), reason)


def _say_what_has_no_curve(made: list[PlannedModel], arguments: TrainArguments) -> None:
    """Evaluation changes no weight, so turning it on trains no finished model again."""
    folders = [model.folder(arguments.run_dir) for model in made if model.blocks]
    without = [folder for folder in folders if "evaluation" not in read_manifest(folder)]
    if without and arguments.process_index == 0:
        logger.info(
            "trained without evaluation, so without a curve: %s; to train them again, remove their folders",
            _first_of(without),
        )


def _say_what_is_dropped(models: list[PlannedModel], corpus: CorpusDescription) -> None:
    """The part of a budget that does not fill a step, told once for all models that it is the same for."""
    by_blocks: dict[int, list[str]] = {}
    for model in models:
        by_blocks.setdefault(model.dropped, []).append(model.id)
    for blocks, names in by_blocks.items():
        if blocks:
            logger.info(
                "%s: %d blocks (%d tokens) of the budget do not fill a step and are left out",
                _first_of(names), blocks, blocks * corpus.block_size,
            )  # fmt: skip


def _first_of(names: Sequence[object]) -> str:
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else str(names[0])
