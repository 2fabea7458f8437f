"""A checkpoint fitted to the architecture: its configuration, and its tensors in the model's order."""

from pathlib import Path
from typing import Any

import torch

from ..errors import InputError
from .checkpoint import read_config
from .configuration_hf_olmo import ONLY_ARCHITECTURE, HfOlmoConfig
from .modeling_hf_olmo import HfOlmoForCausalLM, is_identity
from .sizes import SIZES


# Fields of a configuration that say which package saved it, and nothing of the model.
PROVENANCE = ("architectures", "auto_map", "dtype", "model_type", "torch_dtype", "transformers_version")


def make_config(
    source: str,
    fields: dict[str, Any] | None,
    size: str | None,
    config_file: Path | None,
    tensors: dict[str, torch.Tensor],
) -> HfOlmoConfig:
    """The configuration of a checkpoint: its own, or the one that the user gives.

    Args:
        source (`str`): the checkpoint, for messages.
        fields (`dict`, *optional*): of the checkpoint's own configuration.
        size (`str`, *optional*): one of the released sizes.
        config_file (`Path`, *optional*): a configuration in a file.
        tensors (`dict[str, torch.Tensor]`): of the checkpoint, for a hint at its size.

    Raises:
        `InputError`: if there is no configuration or more than one, or if it is another architecture's.
    """
    given = [option for option, value in (("size", size), ("config", config_file)) if value]
    if fields is not None and given:
        raise InputError(f"{source} has a configuration of its own; leave --{given[0]} out")
    if len(given) > 1:
        raise InputError("--size and --config both give the shape; leave one of them out")
    if fields is None and not given:
        raise InputError(f"{source} has no configuration; give its shape: {size_hint(tensors)}")
    fields = fields or (SIZES[size] if size else read_config(config_file))
    known = {*HfOlmoConfig.__dataclass_fields__, *ONLY_ARCHITECTURE}
    fields = {key: value for key, value in fields.items() if key in known and key not in PROVENANCE}
    try:
        return HfOlmoConfig(**fields, architectures=[HfOlmoForCausalLM.__name__])
    except Exception as error:  # the configuration checks itself, and huggingface_hub wraps what it raises
        raise InputError(f"{config_file or source}: {error.__cause__ or error}") from error


def size_hint(tensors: dict[str, torch.Tensor]) -> str:
    """The option that would give a checkpoint its shape, as far as its tensors show."""
    embedding = tensors.get("model.transformer.wte.weight")
    width = embedding.shape[1] if embedding is not None and embedding.dim() == 2 else None
    layers = len([name for name in tensors if name.endswith(".att_proj.weight")])
    for size, values in SIZES.items():
        if (values["d_model"], values["n_layers"]) == (width, layers):
            return f"--size {size}, which has the same width {width} and {layers} layers"
    return f"--size or --config FILE (it has width {width} and {layers} layers, unlike {', '.join(SIZES)})"


def settle_attention_output(
    config: HfOlmoConfig, tensors: dict[str, torch.Tensor]
) -> tuple[dict[str, torch.Tensor], str]:
    """Drop the attention output projections if all are identities, and record in the configuration which they are.

    Args:
        config ([`HfOlmoConfig`]): its `attn_out` is set.
        tensors (`dict[str, torch.Tensor]`): of the checkpoint, by their names in the model.

    Returns:
        `tuple[dict[str, torch.Tensor], str]`: the tensors that are kept, of any shape and dtype, and what became of
        the projections, in words.
    """
    projections = {name: tensor for name, tensor in tensors.items() if ".attn_out." in name}
    config.attn_out = "identity" if is_identity(projections.items()) else "linear"
    if config.attn_out == "linear":
        return tensors, "linear, kept"
    kept = {name: tensor for name, tensor in tensors.items() if name not in projections}
    return kept, "identity, dropped" if projections else "none"


def sort_like_model(
    config: HfOlmoConfig, tensors: dict[str, torch.Tensor], files: list[Path]
) -> dict[str, torch.Tensor]:
    """The tensors in the model's order, so that equal models become equal files.

    Args:
        config ([`HfOlmoConfig`]): of the model.
        tensors (`dict[str, torch.Tensor]`): of the checkpoint, by their names in the model.
        files (`list[Path]`): the checkpoint's, for the message.

    Returns:
        `dict[str, torch.Tensor]`: the same tensors, of the model's shapes and any floating-point dtype.

    Raises:
        `InputError`: lists missing, unexpected, misshaped and integer tensors, if there are any.
    """
    with torch.device("meta"):
        expected = HfOlmoForCausalLM(config).state_dict()
    del expected["lm_head.weight"]  # tied to the embedding
    problems = [f"missing: {name}" for name in expected if name not in tensors]
    problems += [f"unexpected: {name}" for name in tensors if name not in expected]
    problems += [
        f"misshaped: {name} is {list(tensors[name].shape)}, expected {list(tensor.shape)}"
        for name, tensor in expected.items()
        if name in tensors and tensors[name].shape != tensor.shape
    ]
    problems += [
        f"not floating-point: {name} is {tensor.dtype}"
        for name, tensor in tensors.items()
        if not tensor.is_floating_point()
    ]
    if problems:
        listed = "\n  ".join(problems)
        raise InputError(f"{', '.join(map(str, files))} does not fit its configuration:\n  {listed}")
    return {name: tensors[name] for name in expected}
