"""What training costs: floating-point operations of a model, and hours of a device.

The usual formula for decoder-only transformers (PaLM, https://huggingface.co/papers/2204.02311, appendix B):
a trained token takes `6 N + 12 L d T` operations, with `N` the parameters that take part in matrix products (an
embedding that is not also the output projection is a look-up and does not count), `L` layers, `d` the width of all
attention heads together and `T` the block size. Two per parameter in the forward pass and four in the backward pass;
the second term is attention over the whole block, without a discount for the causal mask. Re-computation under
activation checkpointing does not count. Frozen parameters (under LoRA) take `4 N`: no gradient of theirs is computed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .pool import PlannedModel


if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class ModelSize:
    """What the cost of training a model depends on.

    Args:
        parameters (`int`): all of them, each tied one once.
        matmul_parameters (`int`): those that take part in matrix products and are trained.
        frozen_parameters (`int`): those that take part in matrix products and are not trained.
        attention (`int`): layers × width of all heads together.

    Example:

    ```python
    >>> ModelSize(parameters=1_000_000, matmul_parameters=1_000_000, attention=4 * 128).flops(1_000, block_size=256)
    7572864000

    ```
    """

    parameters: int
    matmul_parameters: int
    attention: int
    frozen_parameters: int = 0

    def flops(self, tokens: int, block_size: int) -> int:
        """Floating-point operations to train on `tokens` tokens in blocks of `block_size`."""
        per_token = 6 * self.matmul_parameters + 4 * self.frozen_parameters + 12 * self.attention * block_size
        return tokens * per_token


@dataclass(frozen=True)
class Throughput:
    """How fast one device is, as far as it is known.

    Args:
        peak_flops (`float | None`): its peak in FLOP/s.
        expected_mfu (`float`): the share of the peak that is expected in training.
    """

    peak_flops: float | None
    expected_mfu: float = 0.4

    def device_hours(self, flops: float) -> dict[str, float]:
        """`{"device_hours": …}` at the expected utilisation, or nothing where the peak is not known."""
        if not self.peak_flops:
            return {}
        return {"device_hours": flops / (self.peak_flops * self.expected_mfu) / 3600}


def model_size(model: "PreTrainedModel") -> ModelSize:
    """The size of a model (which may be on the meta device, and a `PeftModel`)."""
    config = model.config.get_text_config()
    embedding = model.get_input_embeddings().weight
    output = model.get_output_embeddings()
    is_tied = output is not None and output.weight is embedding
    in_products = [weight for weight in model.parameters() if weight is not embedding or is_tied]
    trained = sum(_numel(weight) for weight in in_products if weight.requires_grad)
    frozen = sum(_numel(weight) for weight in in_products if not weight.requires_grad)
    heads = config.num_attention_heads
    width = (getattr(config, "head_dim", None) or config.hidden_size // heads) * heads
    parameters = sum(_numel(weight) for weight in model.parameters())
    return ModelSize(parameters, trained, config.num_hidden_layers * width, frozen)


def _numel(weight: "torch.Tensor") -> int:
    return getattr(weight, "ds_numel", weight.numel())  # ZeRO-3 leaves an empty tensor in the place of a shard


def cost_rows(
    models: Iterable[PlannedModel], block_size: int, sizes: Mapping[str, ModelSize], throughput: Throughput
) -> list[dict[str, Any]]:
    """A row per model: its id, blocks, tokens, operations and, where the device is known, hours of it.

    Args:
        models (`Iterable[PlannedModel]`): what is to be trained.
        block_size (`int`): tokens in a block.
        sizes (`Mapping[str, ModelSize]`): the size of a model of each kind.
        throughput ([`Throughput`]): of one device.
    """
    rows = []
    for model in models:
        tokens = model.blocks * block_size
        flops = sizes[model.kind].flops(tokens, block_size)
        rows.append(
            {
                "model": model.id,
                "name": model.mixture.name if model.mixture else "",
                "blocks": dict(model.shares),
                "tokens": tokens,
                "flops": flops,
                **throughput.device_hours(flops),
            }
        )
    return rows
