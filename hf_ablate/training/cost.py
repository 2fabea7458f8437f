"""What training costs: floating-point operations of a model, and the plan of a pool.

The usual formula for decoder-only transformers (PaLM, https://huggingface.co/papers/2204.02311, appendix B):
a trained token takes `6 N + 12 L d T` operations, with `N` the parameters that take part in matrix products (an
embedding that is not also the output projection is a look-up and does not count), `L` layers, `d` the width of all
attention heads together and `T` the block size. Two per parameter in the forward pass and four in the backward pass;
the second term is attention over the whole block, without a discount for the causal mask. Re-computation under
activation checkpointing does not count.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .pool import Corpus, PlannedModel


if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel


@dataclass(frozen=True)
class ModelSize:
    """What the cost of training a model depends on.

    Args:
        parameters (`int`): all of them, each tied one once.
        matmul_parameters (`int`): those that take part in matrix products.
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

    def flops(self, tokens: int, block_size: int) -> int:
        """Floating-point operations to train on `tokens` tokens in blocks of `block_size`."""
        return tokens * (6 * self.matmul_parameters + 12 * self.attention * block_size)


def model_size(model: "PreTrainedModel") -> ModelSize:
    """The size of a model (which may be on the meta device)."""
    config = model.config.get_text_config()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    embedding = model.get_input_embeddings().weight
    output = model.get_output_embeddings()
    tied = output is not None and output.weight is embedding
    heads = config.num_attention_heads
    width = (getattr(config, "head_dim", None) or config.hidden_size // heads) * heads
    return ModelSize(parameters, parameters - (0 if tied else embedding.numel()), config.num_hidden_layers * width)


def size_of_config(config: "PreTrainedConfig") -> ModelSize:
    """The size of the model that a configuration describes, without allocating it."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        return model_size(AutoModelForCausalLM.from_config(config))


def cost_rows(models: Iterable[PlannedModel], corpus: Corpus, size: ModelSize) -> list[dict]:
    """A row per model: its id, blocks, tokens and floating-point operations."""
    rows = []
    for model in models:
        tokens = model.blocks * corpus.block_size
        rows.append(
            {
                "model": model.id,
                "name": model.mixture.name if model.mixture else "",
                "blocks": dict(model.shares),
                "tokens": tokens,
                "flops": size.flops(tokens, corpus.block_size),
            }
        )
    return rows
