"""What the device can do, checked before training: recipes are written for a GPU and must parse anywhere."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import InputError


if TYPE_CHECKING:
    from .arguments import TrainArguments


def lacking_precisions(arguments: "TrainArguments") -> list[str]:
    """The precisions (`bf16`, `tf32`) that are asked for and that the device lacks; `bf16` exists on every CPU."""
    from transformers.utils import is_torch_bf16_gpu_available, is_torch_tf32_available

    has = {"bf16": arguments.use_cpu or is_torch_bf16_gpu_available(), "tf32": is_torch_tf32_available()}
    return [name for name, is_there in has.items() if getattr(arguments, name) and not is_there]


def check_device(arguments: "TrainArguments") -> None:
    """Raise `InputError` if the device lacks a precision, or if processes that belong together do not know it."""
    for name in lacking_precisions(arguments):
        if arguments.device.type == "cpu":
            remedy = (
                f"there is no GPU here; set use_cpu: true to train on the CPU, and {name}: false for full precision"
            )
        else:
            remedy = f"the GPU here lacks it; set {name}: false"
        raise InputError(f"`{name}` is asked for, but {remedy}")
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started != arguments.world_size:
        raise InputError(
            f"{started} processes were started, and each believes that it is alone, so all would write the same "
            "folder: on a machine without GPUs, set use_cpu: true (and use the accelerate configuration `cpu`); with "
            "GPUs, start as many processes as there are GPUs"
        )
    if is_sharded(arguments):
        for name, is_on in {"peft": arguments.peft, "eval_strategy": arguments.eval_strategy != "no"}.items():
            if is_on:
                raise InputError(
                    f"`{name}` needs the whole model in every process, which fsdp2 and zero3 cut into shards; use "
                    "multi_gpu or zero2, or leave it out"
                )


def is_sharded(arguments: "TrainArguments") -> bool:
    """Whether no process holds the whole model: under FSDP and ZeRO-3."""
    plugin = arguments.deepspeed_plugin
    return os.environ.get("ACCELERATE_USE_FSDP") == "true" or (plugin is not None and plugin.zero_stage == 3)


def renew_deepspeed(arguments: "TrainArguments") -> None:
    """Make DeepSpeed ready for the next model in the same processes: accelerate refuses its plugin a second time."""
    if arguments.deepspeed_plugin is None:
        return
    from accelerate.state import AcceleratorState
    from accelerate.utils import DeepSpeedPlugin

    AcceleratorState._reset_state()
    arguments.deepspeed_plugin = DeepSpeedPlugin()
    arguments.deepspeed_plugin.set_mixed_precision(arguments.mixed_precision)
    arguments.deepspeed_plugin.set_deepspeed_weakref()


@contextmanager
def whole_random_weights(arguments: "TrainArguments") -> Iterator[None]:
    """Under ZeRO-3 a new model would be cut up while it is made, and its random weights would be other ones."""
    if arguments.deepspeed_plugin is None:
        yield
        return
    from transformers.integrations.deepspeed import unset_hf_deepspeed_config

    unset_hf_deepspeed_config()
    try:
        yield
    finally:
        arguments.deepspeed_plugin.set_deepspeed_weakref()


def check_tracker(arguments: "TrainArguments") -> None:
    """Raise `InputError` if a tracker in `report_to` is not installed."""
    from transformers.integrations import get_available_reporting_integrations

    for name in arguments.report_to:
        if name not in get_available_reporting_integrations():
            raise InputError(f"report_to names {name}, which is not installed: pip install {name}")
