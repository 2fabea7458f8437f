"""What the device can do, checked before training: recipes are written for a GPU and must parse anywhere."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import InputError


if TYPE_CHECKING:
    from transformers import Trainer

    from .arguments import TrainArguments


def lacking_precisions(arguments: "TrainArguments") -> list[str]:
    """The precisions (`bf16`, `tf32`) that are asked for and that the device lacks; `bf16` exists on every CPU."""
    from transformers.utils import is_torch_bf16_gpu_available, is_torch_tf32_available

    has = {"bf16": arguments.use_cpu or is_torch_bf16_gpu_available(), "tf32": is_torch_tf32_available()}
    return [name for name, is_there in has.items() if getattr(arguments, name) and not is_there]


def check_device(arguments: "TrainArguments") -> None:
    """Raise `InputError` if the device lacks a precision, or if processes that belong together do not know it."""
    from transformers.utils import is_liger_kernel_available

    for name in lacking_precisions(arguments):
        if arguments.device.type == "cpu":
            remedy = (
                f"there is no GPU here; set use_cpu: true to train on the CPU, and {name}: false for full precision"
            )
        else:
            remedy = f"the GPU here lacks it; set {name}: false"
        raise InputError(f"`{name}` is asked for, but {remedy}")
    if arguments.use_liger_kernel and not is_liger_kernel_available():
        raise InputError("`use_liger_kernel` is asked for, and it is not installed: pip install liger-kernel")
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started != arguments.world_size:
        raise InputError(
            f"{started} processes were started, and each believes that it is alone, so all would write the same "
            "folder: on a machine without GPUs, set use_cpu: true (and use the accelerate configuration `cpu`); with "
            "GPUs, start as many processes as there are GPUs"
        )
    if _asked_for("FSDP") and os.environ.get("FSDP_VERSION", "1") == "1":
        raise InputError(
            "the accelerate configuration asks for FSDP 1, whose shards cannot be put together again to save a model; "
            "set fsdp_version: 2 in its fsdp_config"
        )


def check_sharding(trainer: "Trainer") -> None:
    """Raise `InputError` where the model was to be sharded and accelerate has quietly left it whole."""
    for name, is_on in {"FSDP": trainer.is_fsdp_enabled, "DeepSpeed": trainer.is_deepspeed_enabled}.items():
        if _asked_for(name.upper()) and not is_on:
            raise InputError(
                f"the accelerate configuration asks for {name}, and accelerate does without it on a CPU; use the "
                "configuration `cpu` there"
            )


def _asked_for(name: str) -> bool:
    return os.environ.get(f"ACCELERATE_USE_{name}", "").lower() == "true"


@contextmanager
def no_warnings_about_deepspeed() -> Iterator[None]:
    """DeepSpeed calls torch by names that torch is about to drop, and torch says so at every call."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.distributed.*is deprecated", FutureWarning)
        yield


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
def made_whole(arguments: "TrainArguments") -> Iterator[None]:
    """Under ZeRO-3 a model would be cut up while it is made: with other random weights, and no whole ones."""
    if arguments.deepspeed_plugin is None:
        yield
        return
    from transformers.integrations.deepspeed import unset_hf_deepspeed_config

    unset_hf_deepspeed_config()
    try:
        yield
    finally:
        arguments.deepspeed_plugin.set_deepspeed_weakref()
