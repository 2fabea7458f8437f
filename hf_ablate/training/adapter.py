"""LoRA: components trained as low-rank adapters of the seed."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import refused
from .adapted_layers import adaptable_layers, check_names


if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel
    from transformers import PreTrainedModel


ALL_LINEAR = "all-linear"  # peft's word


@dataclass(frozen=True)
class Adapter:
    """The shape of low-rank adapters, in the words of peft's `LoraConfig`.

    Args:
        rank (`int`): of the factors.
        alpha (`float`): the update is scaled by alpha / rank (by alpha / √rank with `use_rslora`).
        dropout (`float`): before the adapters.
        target_modules (`tuple[str, ...] | None`): names of the layers; `None`: all linear ones but the output.
        target_parameters (`tuple[str, ...]`): names of parameters that belong to no linear layer, as fused experts.
        modules_to_save (`tuple[str, ...]`): names of the layers that are trained whole.
        use_rslora (`bool`): whether the scale is alpha / √rank.
        use_dora (`bool`): whether magnitudes are trained apart from directions.
    """

    rank: int
    alpha: float
    dropout: float = 0.0
    target_modules: tuple[str, ...] | None = None
    target_parameters: tuple[str, ...] = ()
    modules_to_save: tuple[str, ...] = ()
    use_rslora: bool = False
    use_dora: bool = False

    def config(self) -> "LoraConfig":
        """The same for peft."""
        from peft import LoraConfig

        named = self.target_modules not in (None, (ALL_LINEAR,))
        return LoraConfig(
            task_type="CAUSAL_LM",
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=list(self.target_modules) if named else ALL_LINEAR,
            target_parameters=list(self.target_parameters) or None,
            modules_to_save=list(self.modules_to_save) or None,
            use_rslora=self.use_rslora,
            use_dora=self.use_dora,
        )


def with_adapter(model: "PreTrainedModel", adapter: Adapter, seed: int) -> "PeftModel":
    """The model with its weights frozen and new low-rank factors, which depend on the random seed alone.

    Args:
        model (`PreTrainedModel`): the seed model.
        adapter ([`Adapter`]): the shape of the factors.
        seed (`int`): of the random generators, which this sets.
    """
    from transformers import set_seed

    set_seed(seed)
    return with_random_adapter(model, adapter.config())


def with_random_adapter(model: "PreTrainedModel", config: "LoraConfig") -> "PeftModel":
    """The model with its weights frozen and low-rank factors from torch's random generator in its current state.

    Raises:
        `InputError`: for a name that no layer or parameter has, and for what peft refuses.
    """
    from peft import get_peft_model

    parameters = [
        f"{layer}.{name}"
        for layer, module in model.named_modules()
        for name, _ in module.named_parameters(recurse=False)
    ]
    targeted = set(config.target_parameters or ())
    layers = ", ".join(adaptable_layers(model))
    with no_warnings_of_peft(), refused(f"the adapters cannot be made (of layers, there are {layers})", ValueError):
        adapted = get_peft_model(model, config)
    check_names(adapted, parameters, targeted)
    return adapted


@contextmanager
def no_warnings_of_peft() -> Iterator[None]:
    """Peft calls transformers by deprecated names, and warns of ties that we undo and of details that it sets."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        for message in (
            "Model has `tie_word_embeddings=True`",
            "Model with `tie_word_embeddings=True`",
            "Input and output embeddings are no longer tied",
            "Setting `save_embedding_layers` to `True`",
            "fan_in_fan_out is set to",
        ):
            warnings.filterwarnings("ignore", message, UserWarning)
        warnings.filterwarnings("ignore", "target_.* were set but no", RuntimeWarning)  # an error of ours
        # of experts, whose two fused matrices peft handles apart
        warnings.filterwarnings("ignore", "The following (alpha|rank)_pattern keys did not match", RuntimeWarning)
        yield
