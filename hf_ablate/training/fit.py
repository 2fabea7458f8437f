"""One model, trained by the transformers `Trainer` on exactly the planned blocks."""

import copy
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel, PrinterCallback, Trainer

from .arguments import TrainArguments
from .callbacks import MetricsCallback, PoolProgress, ProgressCallback, WholeCheckpointCallback, stop_for_loss
from .checkpoints import last_whole_checkpoint
from .data import BlockFile, OrderedBlocks, collate
from .order import block_order
from .pool import PlannedModel


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """What a training run leaves besides the weights."""

    trainer: Trainer
    seconds: float
    loss: float


class PoolTrainer(Trainer):
    """The transformers Trainer, watching that the loss stays finite without a wait for the device at every step."""

    first_bad_step: torch.Tensor | None = None

    def training_step(self, *args, **kwargs) -> torch.Tensor:
        loss = super().training_step(*args, **kwargs)
        step = torch.full_like(loss, self.state.global_step + 1, dtype=torch.float32)
        bad = torch.where(torch.isfinite(loss), torch.inf, step)
        self.first_bad_step = bad if self.first_bad_step is None else torch.minimum(self.first_bad_step, bad)
        return loss

    def _maybe_log_save_evaluate(self, *args, **kwargs) -> None:
        if self.args.device.type == "cpu" or self.control.should_log or self.control.should_save:
            self.check_loss()
        super()._maybe_log_save_evaluate(*args, **kwargs)

    def check_loss(self) -> None:
        """Raise if a loss so far was not finite."""
        if self.first_bad_step is not None and torch.isfinite(self.first_bad_step):
            raise stop_for_loss(self.args.run_name, int(self.first_bad_step), Path(self.args.output_dir))


def fit(
    planned: PlannedModel,
    model: PreTrainedModel,
    sources: dict[str, BlockFile],
    folder: Path,
    arguments: TrainArguments,
    progress: PoolProgress,
) -> Fitted:
    """Train a model in place, going on from the last whole checkpoint in `folder`.

    Args:
        planned ([`PlannedModel`]): what to train on.
        model (`PreTrainedModel`): the weights to start from.
        sources (`dict[str, BlockFile]`): the token blocks of every unit in the plan.
        folder (`Path`): where checkpoints and `metrics.jsonl` go.
        arguments ([`TrainArguments`]): of the whole pool.
        progress ([`PoolProgress`]): the bar to move.
    """
    use_cache = model.config.use_cache
    shares = {name: share for name, share in planned.shares.items() if share}
    seed = arguments.seed if arguments.data_seed is None else arguments.data_seed
    order = block_order(shares, {name: len(sources[name]) for name in shares}, seed)
    data = OrderedBlocks([sources[name] for name in shares], order)
    trainer = PoolTrainer(
        model=model,
        args=_arguments_of(planned, folder, arguments),
        train_dataset=data,
        data_collator=collate,
        callbacks=[
            ProgressCallback(progress, arguments.blocks_per_step * sources[next(iter(shares))].block_size),
            MetricsCallback(folder),
            WholeCheckpointCallback(folder),
        ],
    )
    trainer.remove_callback(PrinterCallback)
    checkpoint = last_whole_checkpoint(folder)
    if checkpoint:
        logger.info("%s: going on from %s", planned.id, checkpoint.name)
    started = time.perf_counter()
    output = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    trainer.check_loss()
    model.config.use_cache = use_cache  # the Trainer turns it off, and it would be saved like that
    return Fitted(trainer, time.perf_counter() - started, output.training_loss)


def _arguments_of(planned: PlannedModel, folder: Path, arguments: TrainArguments) -> TrainArguments:
    """The Trainer's arguments for one model: the pool's, with the model's own place and hyper-parameters."""
    own = copy.copy(arguments)
    own.output_dir = str(folder)
    own.run_name = planned.id
    own.num_train_epochs = 1  # the order holds all epochs
    own.logging_nan_inf_filter = False
    for name, value in arguments.of_kind(planned.kind).items():
        setattr(own, name, value)
    return own
