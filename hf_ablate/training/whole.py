"""The whole model in every process, also where each holds a shard of it (FSDP2, ZeRO-3).

Evaluation gives each process other documents, and adapters are folded in layer by layer: both need all weights.
"""

from contextlib import nullcontext
from typing import TYPE_CHECKING

import torch
from torch.distributed.tensor import DTensor

from .adapter import with_adapter
from .arguments import TrainArguments
from .devices import whole_random_weights


if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


def whole_model(
    model: "PreTrainedModel | PeftModel", kind: str, arguments: TrainArguments
) -> "PreTrainedModel | PeftModel":
    """The model itself where it is whole, otherwise a copy with the weights of all shards.

    All processes have to call this. The copy is as large as the model before it was sharded.

    Args:
        model (`PreTrainedModel` or `PeftModel`): as it is trained, without the wrappers of data parallelism.
        kind (`str`): `seed`, `component` or `reference`.
        arguments ([`TrainArguments`]): of the whole pool.
    """
    if not any(_is_shard(weight) for weight in model.parameters()):
        return model
    copy = _twin(model, kind, arguments)
    places = _tensors(copy)
    with torch.no_grad():
        for name, tensor in _tensors(model).items():
            with _gathered(tensor):
                places[name].copy_(tensor.full_tensor() if isinstance(tensor, DTensor) else tensor)
    return copy


def _is_shard(weight: torch.Tensor) -> bool:
    return isinstance(weight, DTensor) or hasattr(weight, "ds_id")


def _twin(model: "PreTrainedModel | PeftModel", kind: str, arguments: TrainArguments) -> "PreTrainedModel | PeftModel":
    """A model of the same architecture, with other weights; the states of the random generators are left alone."""
    from transformers import AutoModelForCausalLM

    weight = next(model.parameters())
    with torch.random.fork_rng(), whole_random_weights(arguments), arguments.device:
        twin = AutoModelForCausalLM.from_config(
            model.config, dtype=weight.dtype, attn_implementation=model.config._attn_implementation
        )
        return with_adapter(twin, arguments) if arguments.has_adapter(kind) else twin


def _tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Parameters and buffers by name, without what activation checkpointing puts into the names."""
    named = [*model.named_parameters(), *model.named_buffers()]
    return {name.replace("_checkpoint_wrapped_module.", ""): tensor for name, tensor in named}


def _gathered(tensor: torch.Tensor):
    if not hasattr(tensor, "ds_id"):
        return nullcontext()
    import deepspeed

    return deepspeed.zero.GatheredParameters([tensor])
