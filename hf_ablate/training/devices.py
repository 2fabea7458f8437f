"""What the devices and processes can do, checked before training, and what DeepSpeed needs around it."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import InputError
from ..launch import process_count
from .precisions import lacking_precisions


if TYPE_CHECKING:
    from accelerate.utils import DeepSpeedPlugin
    from transformers import Trainer

    from .trainer_arguments import PoolTrainingArguments


def check_device(args: "PoolTrainingArguments") -> None:
    """Check the device, and that processes that belong together know of each other.

    Raises:
        `InputError`: for a precision or library that is missing here, and for FSDP 1.
    """
    from transformers.utils import is_liger_kernel_available

    for name in lacking_precisions(args.bf16, args.tf32, args.use_cpu):
        if args.device.type == "cpu":
            remedy = (
                f"there is no GPU here; set use_cpu: true to train on the CPU, and {name}: false for full precision"
            )
        else:
            remedy = f"the GPU here lacks it; set {name}: false"
        raise InputError(f"`{name}` is set, but {remedy}")
    if args.use_liger_kernel and not is_liger_kernel_available():
        raise InputError("`use_liger_kernel` is set, but liger-kernel is not installed: pip install liger-kernel")
    started = process_count()
    if started != args.world_size:
        raise InputError(
            f"{started} processes were started, and each would train alone and write the same folder: on a machine "
            "without GPUs, set use_cpu: true (and use the accelerate configuration `cpu`); with GPUs, start as many "
            "processes as there are GPUs"
        )
    if _asked_for("FSDP") and os.environ.get("FSDP_VERSION", "1") == "1":
        raise InputError(
            "the accelerate configuration asks for FSDP 1, whose shards cannot be gathered to save a model; set "
            "fsdp_version: 2 in its fsdp_config"
        )


def check_sharding(trainer: "Trainer") -> None:
    """Check that the model is sharded where the accelerate configuration says so.

    Raises:
        `InputError`: where accelerate has quietly left it unsharded.
    """
    for name, is_on in {"FSDP": trainer.is_fsdp_enabled, "DeepSpeed": trainer.is_deepspeed_enabled}.items():
        if _asked_for(name.upper()) and not is_on:
            raise InputError(
                f"the accelerate configuration asks for {name}, which accelerate ignores on a CPU; use the "
                "configuration `cpu` there"
            )


def check_whole_optimizer(distributed_type: str | None = None) -> None:
    """Check that no process holds a part of the optimizer, whose state is kept as a whole.

    Args:
        distributed_type (`str`, *optional*): of an accelerate configuration; default: what this process started with.

    Raises:
        `InputError`: for FSDP and DeepSpeed.
    """
    for name in ("FSDP", "DeepSpeed"):
        if _asked_for(name.upper()) if distributed_type is None else distributed_type == name.upper():
            raise InputError(
                f"`load_optimizer_state` needs the optimizer as a whole in each process, and the accelerate "
                f"configuration asks for {name}; use multi_gpu, or leave load_optimizer_state out"
            )


def _asked_for(name: str) -> bool:
    return os.environ.get(f"ACCELERATE_USE_{name}", "").lower() == "true"


@contextmanager
def no_warnings_about_deepspeed() -> Iterator[None]:
    """DeepSpeed calls torch by deprecated names, and torch warns at every call."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.distributed.*is deprecated", FutureWarning)
        yield


def reset_deepspeed(args: "PoolTrainingArguments") -> None:
    """Give the next model in the same processes a new DeepSpeed plugin: accelerate refuses to use one twice."""
    if args.deepspeed_plugin is None:
        return
    from accelerate.state import AcceleratorState
    from accelerate.utils import DeepSpeedPlugin

    AcceleratorState._reset_state()
    args.deepspeed_plugin = DeepSpeedPlugin()
    args.deepspeed_plugin.set_mixed_precision(args.mixed_precision)
    args.deepspeed_plugin.set_deepspeed_weakref()


@contextmanager
def unsharded_construction(plugin: "DeepSpeedPlugin | None") -> Iterator[None]:
    """Make models unsharded. Under ZeRO-3, transformers shards a model at construction, with other random weights."""
    if plugin is None:
        yield
        return
    from transformers.integrations.deepspeed import unset_hf_deepspeed_config

    unset_hf_deepspeed_config()
    try:
        yield
    finally:
        plugin.set_deepspeed_weakref()
