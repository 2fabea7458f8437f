"""Gathering the weights of a model that is sharded over processes (FSDP2, ZeRO-3) or rounded in them (DeepSpeed).

Evaluation gives each process other documents, so it needs an unsharded model in each. What is saved are the float32
weights that are trained.
"""

import copy
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel

from ..causal_models import model_from_config
from .adapter import with_random_adapter
from .devices import unsharded_construction


if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import TrainingArguments


def unsharded_model(model: "PreTrainedModel | PeftModel", args: "TrainingArguments") -> "PreTrainedModel | PeftModel":
    """The model itself where it is not sharded, otherwise a copy with the weights of all shards, in every process.

    All processes have to call this. The copy is as large as the model before it was sharded.

    Args:
        model (`PreTrainedModel` or `PeftModel`): as it is trained, without the wrappers of data parallelism.
        args (`TrainingArguments`): the Trainer's.
    """
    if not any(_is_shard(weight) for weight in model.parameters()):
        return model
    twin = _twin(model, args)
    places = _named_tensors(twin)
    with torch.no_grad():
        for name, tensor in _gather(model, places.keys()):
            places[name].copy_(tensor)
    return twin


def unsharded_state_dict(model: "PreTrainedModel | PeftModel", keep: bool) -> dict[str, torch.Tensor] | None:
    """The weights to save, on the CPU, or `None` where the model itself has them; of adapters, only what is trained.

    All processes have to call this.

    Args:
        model (`PreTrainedModel` or `PeftModel`): as it is trained, without the wrappers of data parallelism.
        keep (`bool`): whether this process saves; the others only contribute their shards.

    Returns:
        `dict[str, torch.Tensor]`: the name of each weight and its whole tensor, in the dtype that it is trained in;
        empty in processes that do not save.
    """
    if not any(_is_shard(weight) or _is_rounded(weight) for weight in model.parameters()):
        return None
    saved = {_plain(name) for name in model.state_dict()}
    if not isinstance(model, PreTrainedModel):
        saved &= {_plain(name) for name, weight in model.named_parameters() if weight.requires_grad}
    return {
        name: tensor.detach().to("cpu", copy=True) for name, tensor in _gather(model, saved, in_float32=True) if keep
    }


def all_finite(model: torch.nn.Module, args: "TrainingArguments") -> bool:
    """Whether all weights are finite numbers, in all shards; all processes have to call this."""
    mine = all(torch.isfinite(local_part(weight)).all() for weight in model.parameters())
    if args.world_size == 1:
        return mine
    everywhere = torch.tensor(float(mine), device=args.device)
    torch.distributed.all_reduce(everywhere, torch.distributed.ReduceOp.MIN)
    return bool(everywhere)


def local_part(weight: torch.Tensor) -> torch.Tensor:
    """The part of a weight that this process holds.

    Returns:
        `torch.Tensor`: the local shard, in the dtype of the weight; the weight itself where it is not sharded.
    """
    if isinstance(weight, DTensor):
        return weight.to_local()
    return getattr(weight, "ds_tensor", weight)


def _is_shard(weight: torch.Tensor) -> bool:
    return isinstance(weight, DTensor) or hasattr(weight, "ds_id")


def _is_rounded(weight: torch.Tensor) -> bool:
    """Whether DeepSpeed trains a float32 weight behind this one."""
    is_deepspeeds = hasattr(weight, "_hp_mapping") or hasattr(weight, "_z3_optimizer")
    return is_deepspeeds and weight.dtype != torch.float32 and weight.requires_grad


def _gather(
    model: torch.nn.Module, names: Collection[str], in_float32: bool = False
) -> Iterator[tuple[str, torch.Tensor]]:
    """The named parameters and buffers one after the other, each gathered while the caller uses it."""
    for name, tensor in _named_tensors(model).items():
        if name not in names:
            continue
        if in_float32 and _is_rounded(tensor):
            yield name, _float32_of(tensor)
        else:
            with _gathered(tensor):
                yield name, tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _named_tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {_plain(name): tensor for name, tensor in [*model.named_parameters(), *model.named_buffers()]}


def _plain(name: str) -> str:
    """A tensor's name without what activation checkpointing adds to it."""
    return name.replace("_checkpoint_wrapped_module.", "")


def _gathered(tensor: torch.Tensor) -> AbstractContextManager:
    if not hasattr(tensor, "ds_id"):
        return nullcontext()
    import deepspeed

    return deepspeed.zero.GatheredParameters([tensor])


def _float32_of(tensor: torch.Tensor) -> torch.Tensor:
    from deepspeed.utils import safe_get_full_fp32_param

    return safe_get_full_fp32_param(tensor)


def _twin(model: "PreTrainedModel | PeftModel", args: "TrainingArguments") -> "PreTrainedModel | PeftModel":
    """A model of the same architecture, with other weights; the states of the random generators are left alone."""
    dtype, attention = next(model.parameters()).dtype, model.config._attn_implementation
    gpus = [args.device] if args.device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus), unsharded_construction(args.deepspeed_plugin), args.device:
        twin = model_from_config(model.config, dtype=dtype, attn_implementation=attention)
        is_plain = isinstance(model, PreTrainedModel)
        return twin if is_plain else with_random_adapter(twin, copy.copy(model.peft_config["default"]))
