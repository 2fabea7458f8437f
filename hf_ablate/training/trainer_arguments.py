"""What the transformers `Trainer` gets: `TrainingArguments` made of a recipe's values, and their check."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transformers import SchedulerType, TrainingArguments

from ..errors import InputError
from .precisions import lacking_precisions


@dataclass
class PoolTrainingArguments(TrainingArguments):
    """`TrainingArguments` that report our own arguments to trackers too.

    Args:
        decay_all (`bool`): whether weights decay everywhere, also in biases and normalisation layers.
        optimizer_state (`Path`, *optional*): the file with the state that the optimizer starts from.
    """

    decay_all: bool = field(default=False, metadata={"help": "Weight decay on all parameters."})
    optimizer_state: Path | None = field(default=None, metadata={"help": "What the optimizer starts from."})
    study: dict[str, Any] = field(default_factory=dict, metadata={"help": "Our arguments."})

    def to_dict(self) -> dict[str, Any]:
        """All arguments for trackers, which write them as JSON."""
        values = {name: value for name, value in super().to_dict().items() if name != "optimizer_state"}
        ours = {name: str(value) if isinstance(value, Path) else value for name, value in values.pop("study").items()}
        return values | ours


def trainer_arguments(
    options: Mapping[str, Any], study: Mapping[str, Any], decay_all: bool = False
) -> PoolTrainingArguments:
    """The arguments of the Trainer for every model of a pool.

    Args:
        options (`Mapping[str, Any]`): the values of transformers' options.
        study (`Mapping[str, Any]`): our arguments, for trackers.
        decay_all (`bool`): whether weights decay everywhere.

    Raises:
        `InputError`: for values that transformers refuses.
    """
    # transformers refuses a precision that the device lacks, which a dry run must not: see `devices.check_device`.
    lacking = lacking_precisions(options["bf16"], options["tf32"], options["use_cpu"])
    try:
        args = PoolTrainingArguments(**{**options, **dict.fromkeys(lacking)}, study=dict(study), decay_all=decay_all)
    except ValueError as error:
        raise InputError(str(error)) from error
    vars(args).update({name: options[name] for name in lacking})
    if args.bf16:
        args.mixed_precision = "bf16"
    args._n_gpu = min(args._n_gpu, 1)  # several GPUs are for `accelerate launch`, never for DataParallel
    return args


def with_overrides(args: PoolTrainingArguments, overrides: Mapping[str, Any]) -> PoolTrainingArguments:
    """A copy with other values, as the seed has them."""
    changed = copy.copy(args)
    vars(changed).update(overrides)
    changed.lr_scheduler_type = SchedulerType(changed.lr_scheduler_type)
    return changed
