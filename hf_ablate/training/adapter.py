"""LoRA: components trained as low-rank adapters of the seed, saved as adapters and folded into whole models.

Proxies average whole models. Averaging the factors A and B of several adapters is something else than averaging the
updates B·A, so adapters are folded in first: the folded model is what merging and evaluation read.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import refused
from ..saved_model import ADAPTER
from .arguments import TrainArguments


if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


def with_adapter(model: "PreTrainedModel", arguments: TrainArguments) -> "PeftModel":
    """The model with its weights frozen and new low-rank factors, which depend on `seed` alone."""
    from transformers import set_seed

    set_seed(arguments.seed)
    return with_random_adapter(model, arguments)


def with_random_adapter(model: "PreTrainedModel", arguments: TrainArguments) -> "PeftModel":
    """The model with its weights frozen and low-rank factors from torch's random generator as it stands."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=arguments.lora_r,
        lora_alpha=arguments.lora_alpha,
        lora_dropout=arguments.lora_dropout,
        target_modules=arguments.lora_target_modules or "all-linear",
    )
    with refused("the adapters cannot be made", ValueError):
        return get_peft_model(model, config)


def save_folded(model: "PeftModel", folder: Path) -> None:
    """Save the adapter in `folder/adapter`, and the model with W + (alpha / r)·B·A in place of W in `folder`."""
    model.peft_config["default"].base_model_name_or_path = "seed"  # not where the seed lies on this machine
    model.save_pretrained(folder / ADAPTER, save_embedding_layers=False)
    (folder / ADAPTER / "README.md").unlink(missing_ok=True)  # placeholders
    model.merge_and_unload().save_pretrained(folder)
