"""LoRA: components trained as low-rank adapters of the seed, saved as adapters and folded into whole models.

Proxies average whole models. Averaging the factors A and B of several adapters is something else than averaging the
updates B·A, so adapters are folded in first: the folded model is what merging and evaluation read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import refused
from ..saved_model import ADAPTER


if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Adapter:
    """The shape of low-rank adapters.

    Args:
        rank (`int`): of the factors.
        alpha (`float`): the update is scaled by alpha / rank.
        dropout (`float`): before the adapters.
        target_modules (`tuple[str, ...] | None`): names of the layers; `None`: all linear ones but the output.
    """

    rank: int
    alpha: float
    dropout: float
    target_modules: tuple[str, ...] | None

    def config(self) -> "LoraConfig":
        """The same for peft."""
        from peft import LoraConfig

        return LoraConfig(
            task_type="CAUSAL_LM",
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=list(self.target_modules) if self.target_modules else "all-linear",
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
    """The model with its weights frozen and low-rank factors from torch's random generator in its current state."""
    from peft import get_peft_model

    with refused("the adapters cannot be made", ValueError):
        return get_peft_model(model, config)


def save_folded(model: "PeftModel", folder: Path) -> None:
    """Save the adapter in `folder/adapter`, and the model with W + (alpha / r)·B·A in place of W in `folder`."""
    model.peft_config["default"].base_model_name_or_path = "seed"  # not its path on this machine
    model.save_pretrained(folder / ADAPTER, save_embedding_layers=False)
    (folder / ADAPTER / "README.md").unlink(missing_ok=True)  # placeholders
    model.merge_and_unload().save_pretrained(folder)
