"""One model, trained by the transformers `Trainer` on exactly the planned blocks."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transformers import PreTrainedModel, PrinterCallback

from ..errors import refused
from .arguments import TrainArguments
from .callbacks import (
    EvaluateAtEndCallback,
    MetricsCallback,
    PoolProgress,
    ProgressCallback,
    WholeCheckpointCallback,
    diverged,
    spent_before,
)
from .checkpoints import last_whole_checkpoint, unfinished_fingerprint
from .data import BlockFile, OrderedBlocks, collate
from .devices import check_sharding
from .order import block_order
from .pool import PlannedModel
from .speed import Meter, loss_spikes
from .trainer import PoolTrainer
from .whole import all_finite


if TYPE_CHECKING:
    from .held_out import HeldOutText


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """What a training run leaves besides the weights.

    Args:
        trainer ([`PoolTrainer`]): with the trained model.
        seconds (`float`): spent, also before interruptions.
        spikes (`list[int]`): steps whose loss stands out.
        evaluation (`dict[str, float]`): the last in-loop evaluation; empty without one.
    """

    trainer: PoolTrainer
    seconds: float
    spikes: list[int]
    evaluation: dict[str, float]


def fit(
    planned: PlannedModel,
    model: PreTrainedModel,
    sources: dict[str, BlockFile],
    folder: Path,
    arguments: TrainArguments,
    meter: Meter,
    held_out: "HeldOutText | None",
    progress: PoolProgress,
) -> Fitted:
    """Train a model in place, going on from the last whole checkpoint in `folder`.

    Args:
        planned ([`PlannedModel`]): what to train on.
        model (`PreTrainedModel`): the weights to start from.
        sources (`dict[str, BlockFile]`): the token blocks of every unit in the plan.
        folder (`Path`): where checkpoints and `metrics.jsonl` go.
        arguments ([`TrainArguments`]): of the whole pool.
        meter ([`Meter`]): measures the speed.
        held_out ([`HeldOutText`], *optional*): what `eval_strategy` evaluates on.
        progress ([`PoolProgress`]): the bar to move.

    Raises:
        `InputError`: for a loss that is not finite; names the step.
    """
    use_cache = model.config.use_cache
    shares = {name: share for name, share in planned.shares.items() if share}
    sizes = {name: len(sources[name]) for name in shares}
    order = block_order(shares, sizes, arguments.order_seed, planned.in_stages)
    with refused(planned.id, ImportError, ValueError):
        trainer = PoolTrainer(
            model=model,
            args=_arguments_of(planned, folder, arguments),
            train_dataset=OrderedBlocks([sources[name] for name in shares], order),
            eval_dataset=held_out and [],
            data_collator=collate,
            callbacks=[
                ProgressCallback(progress, meter.tokens_per_step),
                MetricsCallback(folder),
                WholeCheckpointCallback(folder),
                EvaluateAtEndCallback(),
            ],
        )
    trainer.remove_callback(PrinterCallback)
    trainer.planned, trainer.meter, trainer.held_out, trainer.evaluation = planned, meter, held_out, {}
    check_sharding(trainer)
    checkpoint = last_whole_checkpoint(folder, arguments.distributed_state)
    if checkpoint:
        logger.info("%s: going on from %s", planned.id, checkpoint.name)
    meter.start(_step(checkpoint), spent_before(folder))
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    trainer.check_loss()
    if not all_finite(model, arguments):
        raise diverged(planned.id, "a weight is not a finite number after the last step", folder)
    model.config.use_cache = use_cache  # the Trainer turns it off, and it would be saved like that
    spikes = loss_spikes([(row["step"], row["loss"]) for row in trainer.state.log_history if "loss" in row])
    return Fitted(trainer, meter.seconds, spikes, trainer.evaluation)


def _step(checkpoint: Path | None) -> int:
    return int(checkpoint.name.removeprefix("checkpoint-")) if checkpoint else 0


def _arguments_of(planned: PlannedModel, folder: Path, arguments: TrainArguments) -> TrainArguments:
    """The Trainer's arguments for one model: the pool's, with the model's own place and hyper-parameters."""
    own = arguments.for_kind(planned.kind)
    own.output_dir = str(folder)
    # A model that is made again from something else is another run; one that was interrupted goes on with its own.
    version = (unfinished_fingerprint(folder) or "")[:6]
    own.run_name = "-".join(filter(None, [f"{arguments.run_dir.resolve().name}/{planned.id}", version]))
    own.num_train_epochs = 1  # the order holds all epochs
    own.logging_nan_inf_filter = False
    return own
