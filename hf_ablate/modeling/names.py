"""The names of tensors in all forms of a checkpoint, and their names in the transformers model."""

import torch

from ..errors import InputError


# Parts of names that wrappers of modules add: DDP, FSDP, torch.compile, activation checkpointing.
WRAPPERS = {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
# The original training's names of two norms.
RENAMED = {"att_norm": "attn_norm", "ffn_norm": "ff_norm"}


def standard_name(name: str) -> str | None:
    """The name of a tensor in the transformers model; `None` for the rotary frequencies, which are not weights.

    Example:

    ```python
    >>> standard_name("module.model.blocks.0.att_norm.weight")
    'model.transformer.blocks.0.attn_norm.weight'

    ```
    """
    if name.endswith(".rotary_emb.inv_freq"):
        return None
    parts = [RENAMED.get(part, part) for part in name.split(".") if part not in WRAPPERS]
    while parts[0] in ("model", "transformer") and len(parts) > 1:
        parts = parts[1:]
    return ".".join(parts if parts[0] == "lm_head" else ["model", "transformer", *parts])


def standard_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint by their names in the transformers model, without an output tied to the embedding.

    Returns:
        `dict[str, torch.Tensor]`: the same tensors, of any shape and dtype.

    Raises:
        `InputError`: if two tensors get the same name, and if the output is not tied to the embedding.
    """
    original: dict[str, str] = {}
    for name in tensors:
        standard = standard_name(name)
        if standard in original:
            raise InputError(f"the checkpoint holds one tensor under two names: {original[standard]} and {name}")
        if standard is not None:
            original[standard] = name
    named = {standard: tensors[name] for standard, name in original.items()}
    embedding, output = named.get("model.transformer.wte.weight"), named.pop("lm_head.weight", None)
    if output is not None and (embedding is None or not torch.equal(output, embedding)):
        raise InputError("lm_head.weight differs from the embedding, to which the seeds' architecture ties it")
    return named
