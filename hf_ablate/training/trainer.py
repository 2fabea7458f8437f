"""The transformers `Trainer` as a pool needs it: our evaluation and measurements, and a stop at the first bad loss."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import PreTrainedModel, Trainer, get_scheduler

from ..errors import refused
from .callbacks import diverged
from .optimizer_state import load_state
from .pool import PlannedModel
from .speed import Meter
from .trainer_arguments import PoolTrainingArguments
from .unsharded import unsharded_model


if TYPE_CHECKING:
    from peft import PeftModel

    from .held_out import HeldOutText


_MIXED = {"bf16": torch.bfloat16, "fp16": torch.float16}


class PoolTrainer(Trainer):
    """The transformers Trainer with our evaluation and measurements.

    It checks that the loss stays finite, without waiting for the device at every step.
    """

    planned: PlannedModel
    meter: Meter
    held_out: "HeldOutText | None"
    evaluation: dict[str, float]
    first_bad_step: torch.Tensor | None = None

    def get_decay_parameter_names(self, model: torch.nn.Module) -> list[str]:
        """The parameters that weight decay applies to."""
        if self.args.decay_all:
            return [name for name, _ in model.named_parameters()]
        return super().get_decay_parameter_names(model)

    def create_optimizer(self, *args, **kwargs) -> torch.optim.Optimizer:
        """The optimizer, in the state that the seed's had where that is asked for; a checkpoint comes later."""
        is_new = self.optimizer is None
        optimizer = super().create_optimizer(*args, **kwargs)
        if is_new and self.args.optimizer_state:
            load_state(optimizer, self.model, self.args.optimizer_state)
        return optimizer

    def training_step(self, *args, **kwargs) -> torch.Tensor:
        """Train on a micro-batch, and remember the first step whose loss is not finite.

        Returns:
            `torch.Tensor`: the loss, a scalar.
        """
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
        """Raise `InputError` in all processes if a loss of any of them has not been finite."""
        if self.first_bad_step is None:
            return
        if self.args.world_size > 1:
            torch.distributed.all_reduce(self.first_bad_step, torch.distributed.ReduceOp.MIN)
        if torch.isfinite(self.first_bad_step):
            what = f"the loss is not a finite number at step {int(self.first_bad_step)}"
            raise diverged(self.planned.id, what, Path(self.args.output_dir))

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log a row of measurements, the speed among them."""
        if "loss" in logs:
            logs |= self.meter.measure(self.state.global_step)
        super().log(logs, start_time)

    @property
    def bare_model(self) -> "PreTrainedModel | PeftModel":
        """The trained model, without the wrappers of data parallelism and compilation."""
        return self.accelerator.unwrap_model(self.model, keep_torch_compile=False)

    def evaluate(self, *args, **kwargs) -> dict[str, float]:
        """Score the held-out text, log its metrics and return them."""
        started = time.perf_counter()
        model = unsharded_model(self.bare_model, self.args)
        if not isinstance(model, PreTrainedModel):
            model = model.get_base_model()  # of a PeftModel, with its adapters in place
        self.evaluation = self.held_out.measure(
            model, self.args.distributed_state, _MIXED.get(self.args.mixed_precision)
        )
        self.log(dict(self.evaluation))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, self.evaluation)
        self.meter.pause(time.perf_counter() - started)
        return self.evaluation


def check_optimizer(args: PoolTrainingArguments) -> None:
    """Raise `InputError` if the optimizer or its schedule cannot be made; tried with a single weight."""
    if args.optim_target_modules or "lomo" in args.optim.value:  # these need the model
        return
    with refused(f"optim {args.optim.value}", ImportError, ValueError, TypeError):
        optimizer_class, options = Trainer.get_optimizer_cls_and_kwargs(args)
        optimizer = optimizer_class([torch.nn.Parameter(torch.zeros(1))], **options)
    with refused(f"lr_scheduler_type {args.lr_scheduler_type.value}", ValueError, TypeError):
        get_scheduler(
            args.lr_scheduler_type,
            optimizer,
            num_warmup_steps=args.get_warmup_steps(10),
            num_training_steps=10,
            scheduler_specific_kwargs=args.lr_scheduler_kwargs,
        )
