"""The size of a model as its floating-point operations depend on it, in training and in scoring.

The usual formula for decoder-only transformers (PaLM, https://huggingface.co/papers/2204.02311, appendix B): a trained
token takes `6 N + 12 L d T` operations, two per parameter in the forward pass and four in the backward pass. `N` are
the parameters that a token is multiplied with: not those of embeddings, which are looked up (an embedding that is also
the output projection counts as that), of a layer of experts only those that the token passes through, and a layer that
is applied several times as often. `L` are the layers in which tokens attend to each other, `d` the width of all their
heads together and `T` the tokens of a block, without a discount for the causal mask or a window. The recurrence
of Mamba and other linear attention counts by its parameters alone. Frozen parameters (under LoRA) take `4 N`: no
gradient of theirs is computed. Re-computation under activation checkpointing does not count. A forward pass alone
takes `2 N + 4 L d T`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .manifest import digest_files
from .model_config import active_experts, attention_width


if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


_NO_ATTENTION = (
    "6 N D without attention, since the model's configuration does not say which layers attend, and how wide"
)
_ALL_EXPERTS = "all experts count, since the model's configuration does not say how many a token passes through"


@dataclass(frozen=True)
class ModelSize:
    """What the cost of a model depends on.

    Args:
        parameters (`int`): all of them, each tied one once.
        matmul_parameters (`int`): those that a token is multiplied with and that are trained.
        attention (`int`): layers with attention × width of all heads together.
        frozen_parameters (`int`): those that a token is multiplied with and that are not trained.
        note (`str`): what is assumed of a shape that is not known; empty where it is.

    Example:

    ```python
    >>> size = ModelSize(parameters=1_000_000, matmul_parameters=1_000_000, attention=4 * 128)
    >>> size.flops(1_000, block_size=256), size.forward_flops(1_000, length=256)
    (7572864000, 2524288000)

    ```
    """

    parameters: int
    matmul_parameters: int
    attention: int
    frozen_parameters: int = 0
    note: str = ""

    @property
    def noted(self) -> dict[str, str]:
        """`{"flops_note": …}` for what records or shows its operations, or nothing where there is no note."""
        return {"flops_note": self.note} if self.note else {}

    def flops(self, tokens: int, block_size: int) -> int:
        """Floating-point operations to train on `tokens` tokens in blocks of `block_size`."""
        per_token = 6 * self.matmul_parameters + 4 * self.frozen_parameters + 12 * self.attention * block_size
        return tokens * per_token

    def forward_flops(self, tokens: int, length: int) -> int:
        """Floating-point operations to read `tokens` tokens in sequences of `length`, without a backward pass."""
        return tokens * (2 * (self.matmul_parameters + self.frozen_parameters) + 4 * self.attention * length)


def versions_that_decide() -> list[str]:
    """What a size depends on besides a model's configuration: the libraries' versions, and our own code."""
    folder = Path(__file__).parent
    own = [*(folder / "modeling").glob("*.py"), folder / "model_config.py", folder / "model_size.py"]
    return [*(f"{name} {version(name)}" for name in ("transformers", "torch", "peft")), digest_files(sorted(own))]


def size_of(model: "PreTrainedModel") -> ModelSize:
    """The size of a model (which may be on the meta device, and a `PeftModel`)."""
    attention, active = attention_width(model.config), active_experts(model.config)
    notes = [_NO_ATTENTION] if attention is None else []
    applied = {True: 0.0, False: 0.0}
    for module, experts in _applied_modules(model):
        share = min(1, active / experts) if experts and active else 1
        if experts and not active and _ALL_EXPERTS not in notes:
            notes.append(_ALL_EXPERTS)
        for weight in module.parameters(recurse=False):
            applied[weight.requires_grad] += share * _numel(weight)
    return ModelSize(
        parameters=sum(_numel(weight) for weight in model.parameters()),
        matmul_parameters=round(applied[True]),
        attention=attention or 0,
        frozen_parameters=round(applied[False]),
        note="; ".join(notes),
    )


def _applied_modules(model: "PreTrainedModel") -> "Iterator[tuple[torch.nn.Module, int | None]]":
    """The modules whose weights a token is multiplied with, as often as they are applied.

    Returns:
        `Iterator[tuple[torch.nn.Module, int | None]]`: a module, and of how many experts its weights hold one or all;
        `None` where a token passes through all of it.
    """
    from torch.nn import Embedding

    output = model.get_output_embeddings()
    if isinstance(output, Embedding):  # it is applied without a module of its own
        yield output, None
    for name, module in model.named_modules(remove_duplicate=False):
        is_replaced = "original_module" in name.split(".")  # peft trains a copy in its place
        if not (isinstance(module, Embedding) or is_replaced):
            yield module, _experts(model, name, module)


def _experts(model: "PreTrainedModel", name: str, module: "torch.nn.Module") -> int | None:
    """How many experts a layer has whose weights, or one of whose experts' weights, are in this module."""
    is_shared = name.rpartition(".")[2].startswith("shared")  # experts that every token passes through
    if "Experts" in type(module).__name__ and not is_shared:  # all experts of a layer, in tensors of one module
        first = next(module.parameters(recurse=False), None)
        return None if first is None else getattr(module, "num_experts", None) or _shape(first)[0]
    path, _, inner = name.partition(".experts.")
    if inner.partition(".")[0].isdigit():  # a module for each expert
        return len(model.get_submodule(f"{path}.experts"))
    return None


def _numel(weight: "torch.Tensor") -> int:
    return getattr(weight, "ds_numel", weight.numel())  # ZeRO-3 leaves an empty tensor in the place of a shard


def _shape(weight: "torch.Tensor") -> "torch.Size":
    return getattr(weight, "ds_shape", weight.shape)
