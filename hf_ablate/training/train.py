"""`hf-ablate train`: train what a study lacks, one model after the other in one process (or group of processes)."""

import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import InputError
from ..launch import stage_main
from ..loading_bars import no_loading_bars
from ..manifest import read_manifest
from ..mixtures.enumerate import read_mixtures
from ..mixtures.mixture import Mixture
from .arguments import TrainArguments
from .callbacks import PoolProgress
from .cost import cost_rows
from .devices import check_device
from .identity import is_made, missing_models
from .model import train_model
from .pool import Corpus, PlannedModel, plan_pool, plan_reference, select
from .seed import check_tokenizer, seed_config
from .tables import print_cost, print_trained
from .trackers import check_tracker


if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from .held_out import HeldOutText


logger = logging.getLogger(__name__)


def run(arguments: TrainArguments) -> None:
    """Train the models that `arguments.model` asks for and that are missing or out of date."""
    corpus = Corpus.read(arguments.run_dir)
    candidates = _candidates(arguments)
    pool = plan_pool(arguments, corpus, candidates)
    wanted = select(arguments, corpus, pool, candidates)
    config = seed_config(arguments, corpus)
    missing = missing_models(arguments, corpus, wanted)
    if arguments.dry_run:
        if arguments.process_index == 0:
            instead = [plan_reference(arguments, corpus, mixture) for mixture, _ in candidates]
            print_cost(arguments, *(cost_rows(models, corpus, config, arguments) for models in (missing, instead)))
        return
    if arguments.eval_strategy != "no":
        _say_what_has_no_curve([model for model in wanted if model not in missing], arguments)
    if not missing:
        logger.info("models: unchanged, nothing to do")
        return
    check_device(arguments)
    check_tracker(arguments)
    check_tokenizer(arguments, corpus)
    _check_seed_comes_first(arguments, corpus, pool[0], missing)
    _say_what_is_dropped(missing, corpus)
    held_out = _held_out(arguments, corpus, config)
    progress = PoolProgress(sum(model.blocks for model in missing) * corpus.block_size, arguments.process_index == 0)
    try:
        with no_loading_bars(), cheap_garbage_collection():
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


def _candidates(arguments: TrainArguments) -> list[tuple[Mixture, bool]]:
    if not (arguments.run_dir / "mixtures" / "manifest.json").is_file():
        return []
    return [(candidate.mixture, candidate.reference) for candidate in read_mixtures(arguments.run_dir)]


def _held_out(arguments: TrainArguments, corpus: Corpus, config: "PreTrainedConfig") -> "HeldOutText | None":
    """What is evaluated during training, read and tokenised before the first step."""
    if arguments.eval_strategy == "no":
        return None
    from .held_out import read_held_out

    return read_held_out(arguments, corpus, getattr(config.get_text_config(), "max_position_embeddings", None))


def _check_seed_comes_first(
    arguments: TrainArguments, corpus: Corpus, seed: PlannedModel, missing: list[PlannedModel]
) -> None:
    if missing[0].kind != "seed" and not is_made(seed, corpus, arguments):
        raise InputError(
            f"{missing[0].id} starts from the seed, which is missing or was made with other arguments; train it "
            "first: --model seed, or --model all"
        )


def _say_what_has_no_curve(made: list[PlannedModel], arguments: TrainArguments) -> None:
    """Evaluation changes no weight, so turning it on trains no finished model again."""
    folders = [model.folder(arguments.run_dir) for model in made if model.blocks]
    without = [folder for folder in folders if "evaluation" not in read_manifest(folder)]
    if without and arguments.process_index == 0:
        logger.info(
            "%d finished models were trained without evaluation and have no curve; to train them again, remove their "
            "folders (%s%s)", len(without), without[0], ", ..." if len(without) > 1 else "",
        )  # fmt: skip


def _say_what_is_dropped(models: list[PlannedModel], corpus: Corpus) -> None:
    """The part of a budget that does not fill a step, told once for all models that it is the same for."""
    by_blocks: dict[int, list[str]] = {}
    for model in models:
        by_blocks.setdefault(model.dropped, []).append(model.id)
    for blocks, names in by_blocks.items():
        if blocks:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            logger.info(
                "%s%s: %d blocks (%d tokens) of the budget do not fill a step and are left out",
                names[0], more, blocks, blocks * corpus.block_size,
            )  # fmt: skip


if __name__ == "__main__":
    sys.exit(stage_main("train"))
