"""One model, trained by the transformers `Trainer` on exactly the planned blocks."""

import copy
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import PreTrainedModel, PrinterCallback, Trainer

from ..errors import InputError, reason
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
from .checkpoints import last_whole_checkpoint
from .data import BlockFile, OrderedBlocks, collate
from .devices import check_sharding
from .order import block_order
from .pool import PlannedModel
from .speed import Meter, loss_spikes
from .whole import whole_model


if TYPE_CHECKING:
    from peft import PeftModel

    from .held_out import HeldOutText


logger = logging.getLogger(__name__)


_MIXED = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Fitted:
    """What a training run leaves besides the weights.

    Args:
        trainer (`Trainer`): with the trained model.
        seconds (`float`): spent, also before interruptions.
        spikes (`list[int]`): steps whose loss stands out.
        evaluation (`dict[str, float]`): the last in-loop evaluation; empty without one.
    """

    trainer: Trainer
    seconds: float
    spikes: list[int]
    evaluation: dict[str, float]


class PoolTrainer(Trainer):
    """The transformers Trainer with our evaluation and measurements.

    It watches that the loss stays finite without a wait for the device at every step.
    """

    planned: PlannedModel
    meter: Meter
    held_out: "HeldOutText | None"
    evaluation: dict[str, float]
    first_bad_step: torch.Tensor | None = None

    def create_optimizer(self, *args, **kwargs) -> torch.optim.Optimizer:
        with told_before_training(self.planned.id):
            return super().create_optimizer(*args, **kwargs)

    def create_scheduler(self, *args, **kwargs) -> torch.optim.lr_scheduler.LRScheduler:
        with told_before_training(self.planned.id):
            return super().create_scheduler(*args, **kwargs)

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
            what = f"the loss is not a finite number at step {int(self.first_bad_step)}"
            raise diverged(self.planned.id, what, Path(self.args.output_dir))

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            logs |= self.meter.measure(self.state.global_step)
        super().log(logs, start_time)

    @property
    def bare_model(self) -> "PreTrainedModel | PeftModel":
        """What is trained, without the wrappers of data parallelism and compilation."""
        return self.accelerator.unwrap_model(self.model, keep_torch_compile=False)

    def evaluate(self, *args, **kwargs) -> dict[str, float]:
        """Score the held-out text; logs and returns its metrics."""
        started = time.perf_counter()
        model = whole_model(self.bare_model, self.planned.kind, self.args)
        if not isinstance(model, PreTrainedModel):
            model = model.get_base_model()  # of a PeftModel, with its adapters in place
        self.evaluation = self.held_out.measure(
            model, self.args.distributed_state, _MIXED.get(self.args.mixed_precision)
        )
        self.log(dict(self.evaluation))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, self.evaluation)
        self.meter.pause(time.perf_counter() - started)
        return self.evaluation


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
    with told_before_training(planned.id):
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
    if not all(torch.isfinite(weight).all() for weight in model.parameters()):
        raise diverged(planned.id, "a weight is not a finite number after the last step", folder)
    model.config.use_cache = use_cache  # the Trainer turns it off, and it would be saved like that
    spikes = loss_spikes([(row["step"], row["loss"]) for row in trainer.state.log_history if "loss" in row])
    return Fitted(trainer, meter.seconds, spikes, trainer.evaluation)


@contextmanager
def told_before_training(
    model: str, errors: tuple[type[Exception], ...] = (ImportError, ValueError)
) -> Iterator[None]:
    """What transformers finds wrong with the arguments, or missing among the libraries, is the user's to mend."""
    try:
        yield
    except InputError:
        raise
    except (ImportError, ValueError) as error:
        raise InputError(f"{model}: {reason(error)}") from error


def _step(checkpoint: Path | None) -> int:
    return int(checkpoint.name.removeprefix("checkpoint-")) if checkpoint else 0


def _arguments_of(planned: PlannedModel, folder: Path, arguments: TrainArguments) -> TrainArguments:
    """The Trainer's arguments for one model: the pool's, with the model's own place and hyper-parameters."""
    own = copy.copy(arguments)
    own.output_dir = str(folder)
    own.run_name = f"{arguments.run_dir.resolve().name}/{planned.id}"
    own.num_train_epochs = 1  # the order holds all epochs
    own.logging_nan_inf_filter = False
    for name, value in arguments.of_kind(planned.kind).items():
        setattr(own, name, value)
    return own
