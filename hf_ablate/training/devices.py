"""What the device can do, checked before training: recipes are written for a GPU and must parse anywhere."""

import os
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
