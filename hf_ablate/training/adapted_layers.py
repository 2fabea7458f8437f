"""Which layers of a model have adapters, and what of that is an error or worth a word."""

import logging
from typing import TYPE_CHECKING

from ..errors import unknown_name


if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel


logger = logging.getLogger(__name__)


def adaptable_layers(model: "PreTrainedModel") -> list[str]:
    """What layers with matrices of their own are called, each name once, in the order of the model."""
    from torch.nn import Embedding, Linear
    from transformers.pytorch_utils import Conv1D

    named = model.named_modules()
    return list(
        dict.fromkeys(name.split(".")[-1] for name, layer in named if isinstance(layer, (Linear, Embedding, Conv1D)))
    )


def check_names(model: "PeftModel", parameters: list[str], targeted: set[str]) -> None:
    """Check that every name that a user gave for an adapter is that of something; peft ignores the others.

    Args:
        model (`PeftModel`): with the adapter.
        parameters (`list[str]`): names of the parameters of the model without it.
        targeted (`set[str]`): the parameters that the user named; peft adds those that it knows of similar models.

    Raises:
        `InputError`: for a name that matches nothing, with the nearest that would.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils import AuxiliaryTrainingWrapper

    config = model.peft_config["default"]  # peft has replaced `all-linear` and names of older architectures in it
    adapted = [
        name
        for name, module in model.get_base_model().named_modules()
        if isinstance(module, (BaseTunerLayer, AuxiliaryTrainingWrapper))
    ]
    layers = sorted({name.split(".")[-2] for name in parameters if name.count(".")})
    for name in sorted([*(config.target_modules or ()), *(config.modules_to_save or ())]):
        if not _is_matched(name, adapted):
            raise unknown_name("layer of lora_target_modules or lora_modules_to_save", name, layers)
    for name in sorted(targeted):
        if not _is_matched(name, model.base_model.targeted_parameter_names):
            known = sorted({".".join(other.split(".")[-2:]) for other in parameters})
            raise unknown_name("parameter of lora_target_parameters", name, known)


def _is_matched(name: str, full_names: list[str]) -> bool:
    return any(full == name or full.endswith(f".{name}") for full in full_names)


def unties(model: "PeftModel") -> bool:
    """Whether input and output embeddings, which are tied in the seed, are different ones with this adapter."""
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils import ModulesToSaveWrapper

    base = model.get_base_model()
    ends = [base.get_input_embeddings(), base.get_output_embeddings()]
    if ends[1] is None or frozen(ends[0]).weight is not frozen(ends[1]).weight:
        return False
    return any(isinstance(end, (BaseTunerLayer, ModulesToSaveWrapper)) for end in ends)


def frozen(layer: "torch.nn.Module") -> "torch.nn.Module":
    """The layer as it is in the seed: below its adapter, or beside the copy that is trained whole."""
    return getattr(layer, "base_layer", getattr(layer, "original_module", layer))


def report_unusual(model: "PeftModel") -> None:
    """Say in the log what an adapter does that its user may not expect."""
    if unties(model):
        logger.info(
            "the seed's input and output embeddings are tied, and the adapter changes one of them: components and "
            "reference models are saved with both"
        )
    left_out = {
        f"experts.{parameter}"
        for name, module in model.get_base_model().named_modules()
        for parameter, weight in module.named_parameters(recurse=False)
        if name.endswith(".experts") and weight.ndim == 3 and not weight.requires_grad
    }
    if left_out:
        logger.info(
            "fused experts are not linear layers and get no adapters; to adapt them too: lora_target_parameters: %s",
            " ".join(sorted(left_out)),
        )
