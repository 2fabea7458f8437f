"""What happens besides training: progress, `metrics.jsonl`, complete checkpoints, the error of a diverged model."""

import json
import logging
import math
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ..errors import InputError
from ..progress import Progress
from .checkpoints import checkpoints, mark_complete
from .lease import Lease
from .metrics_file import METRICS, logged_rows


logger = logging.getLogger(__name__)


class ProgressCallback(TrainerCallback):
    """Advances the pool's bar by one step's tokens."""

    def __init__(self, progress: Progress, tokens_per_step: int) -> None:
        self.progress = progress
        self.tokens_per_step = tokens_per_step

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.progress.advance(state.global_step * self.tokens_per_step)  # what an earlier run did

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.progress.advance(self.tokens_per_step)


class MetricsCallback(TrainerCallback):
    """Writes what the Trainer logs to `metrics.jsonl` at once; after a resume the file holds each step once."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / METRICS

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            self.path.write_text("".join(_line(row) for row in state.log_history), encoding="utf-8")

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(_line(state.log_history[-1]))


def spent_before(folder: Path) -> float:
    """The seconds that earlier, interrupted runs spent on a model, as far as they logged them."""
    return max((row.get("seconds", 0.0) for row in logged_rows(folder)), default=0.0)


def _line(row: dict) -> str:
    finite = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()
    }
    return json.dumps(finite) + "\n"


class CompleteCheckpointCallback(TrainerCallback):
    """Marks a checkpoint as complete once every process has written its part; saves none after the last step.

    Nothing is written once another process trains the model.
    """

    def __init__(self, folder: Path, lease: Lease | None) -> None:
        self.folder = folder
        self.lease = lease  # of the first process

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.global_step == state.max_steps:
            control.should_save = False
        if self.lease and control.should_save:
            self.lease.confirm()
        elif self.lease:
            self.lease.check()

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        args.distributed_state.wait_for_everyone()
        if state.is_world_process_zero:
            mark_complete(self.folder / f"checkpoint-{state.global_step}")


class EvaluateAtEndCallback(TrainerCallback):
    """Evaluates after the last step too, where there is evaluation during training."""

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.global_step == state.max_steps and args.eval_strategy != "no":
            control.should_evaluate = True


def diverged(model: str, what: str, folder: Path) -> InputError:
    """The error for a model that diverged, with the checkpoint that is left of it.

    Args:
        model (`str`): its id.
        what (`str`): what is not finite, and where.
        folder (`Path`): where it is made.
    """
    kept = checkpoints(folder)
    left = f"{kept[0].name} from before is kept" if kept else "no checkpoint had been saved"
    return InputError(f"{model}: {what} ({left}). Lower the learning rate, or lengthen warmup_steps")
