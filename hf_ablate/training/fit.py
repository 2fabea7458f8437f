"""One model, trained by the transformers `Trainer` on exactly the planned blocks."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import PreTrainedModel, PrinterCallback

from ..errors import refused
from ..evaluation.scoring.fast_cpu import keep_freed_memory
from ..progress import Progress
from .callbacks import (
    CompleteCheckpointCallback,
    EvaluateAtEndCallback,
    MetricsCallback,
    ProgressCallback,
    diverged,
    spent_before,
)
from .checkpoints import last_complete_checkpoint, unfinished_fingerprint
from .data import OrderedBlocks, collate
from .devices import check_sharding
from .lease import Lease
from .pool import PlannedModel
from .speed import Meter, loss_spikes
from .trainer import PoolTrainer
from .trainer_arguments import PoolTrainingArguments, with_overrides
from .unsharded import all_finite


if TYPE_CHECKING:
    from .held_out import HeldOutText


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Instruments:
    """What is measured while models are trained, and what lets this process train one.

    Args:
        progress ([`Progress`]): the bar over all models.
        held_out (`HeldOutText | None`): what `eval_strategy` evaluates on.
        peak_flops (`float | None`): of one device, for its utilisation.
        lease (`Lease | None`): of the model that is trained; the first of several processes has it.
    """

    progress: Progress
    held_out: "HeldOutText | None" = None
    peak_flops: float | None = None
    lease: Lease | None = None


@dataclass(frozen=True)
class Fitted:
    """What a training run leaves besides the weights.

    Args:
        trainer ([`PoolTrainer`]): with the trained model.
        seconds (`float`): spent, also before interruptions.
        spikes (`list[int]`): steps whose loss is far above the steps before.
        evaluation (`dict[str, float]`): the last evaluation during training; empty without one.
    """

    trainer: PoolTrainer
    seconds: float
    spikes: list[int]
    evaluation: dict[str, float]


def fit(
    planned: PlannedModel,
    model: PreTrainedModel,
    blocks: OrderedBlocks,
    args: PoolTrainingArguments,
    meter: Meter,
    instruments: Instruments,
) -> Fitted:
    """Train a model in place, resuming from the last complete checkpoint in `args.output_dir`.

    Args:
        planned ([`PlannedModel`]): the model of the pool.
        model (`PreTrainedModel`): the weights to start from.
        blocks ([`OrderedBlocks`]): what to train on, in order.
        args ([`PoolTrainingArguments`]): of this model, from [`arguments_of`].
        meter ([`Meter`]): measures the speed.
        instruments ([`Instruments`]): what else is measured.

    Raises:
        `InputError`: for a loss that is not finite; names the step.
    """
    if args.device.type == "cpu":
        keep_freed_memory()
    if args.torch_compile:
        torch.compiler.reset()  # torch compiles the same code for 8 models, and leaves it at that for all further ones
    folder = Path(args.output_dir)
    use_cache = getattr(model.config, "use_cache", None)
    with refused(planned.id, ImportError, ValueError):
        trainer = PoolTrainer(
            model=model,
            args=args,
            train_dataset=blocks,
            eval_dataset=instruments.held_out and [],
            data_collator=collate,
            callbacks=[
                ProgressCallback(instruments.progress, meter.tokens_per_step),
                MetricsCallback(folder),
                CompleteCheckpointCallback(folder, instruments.lease),
                EvaluateAtEndCallback(),
            ],
        )
    trainer.remove_callback(PrinterCallback)
    trainer.planned, trainer.meter, trainer.held_out, trainer.evaluation = planned, meter, instruments.held_out, {}
    check_sharding(trainer)
    checkpoint = last_complete_checkpoint(folder, args.distributed_state)
    if checkpoint:
        logger.info("%s: resuming from %s", planned.id, checkpoint.name)
    meter.start(_step(checkpoint), spent_before(folder))
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    trainer.check_loss()
    if not all_finite(model, args):
        raise diverged(planned.id, "a weight is not a finite number after the last step", folder)
    if use_cache is not None:
        model.config.use_cache = use_cache  # the Trainer turns it off, and it would be saved like that
    spikes = loss_spikes([(row["step"], row["loss"]) for row in trainer.state.log_history if "loss" in row])
    if spikes:
        logger.warning("%s: the loss jumps at step %s", planned.id, ", ".join(map(str, spikes)))
    return Fitted(trainer, meter.seconds, spikes, trainer.evaluation)


def _step(checkpoint: Path | None) -> int:
    return int(checkpoint.name.removeprefix("checkpoint-")) if checkpoint else 0


def arguments_of(
    planned: PlannedModel, folder: Path, study: str, args: PoolTrainingArguments
) -> PoolTrainingArguments:
    """The Trainer's arguments for one model: its own folder and name, and otherwise those of its kind.

    Args:
        planned ([`PlannedModel`]): the model.
        folder (`Path`): where it is made.
        study (`str`): the name of the run folder.
        args ([`PoolTrainingArguments`]): of all models of this kind.
    """
    # A model that is made again from something else is another run; one that was interrupted resumes its own.
    version = (unfinished_fingerprint(folder) or "")[:6]
    return with_overrides(
        args,
        {
            "output_dir": str(folder),
            "run_name": "-".join(filter(None, [f"{study}/{planned.id}", version])),
            "num_train_epochs": 1,  # the order holds all epochs
            "logging_nan_inf_filter": False,
        },
    )
