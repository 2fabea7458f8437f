"""Checks that models can be averaged, made before any weight is combined.

mergekit merges tied with untied inputs, drops tensors that only some inputs have and passes NaN on; a proxy made that
way would be silently wrong.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..manifest import find_manifest
from ..remote_code import loading_options
from ..saved_model import CONFIG, load_causal_lm, model_tensors, tensor_shapes


if TYPE_CHECKING:
    import torch


# What a configuration says besides the function that the model computes.
_FREE_KEYS = {
    "_name_or_path", "auto_map", "transformers_version", "dtype", "torch_dtype", "use_cache", "bos_token_id",
    "eos_token_id", "pad_token_id",
}  # fmt: skip


def check_components(folders: dict[str, Path]) -> None:
    """Check that the models in these folders have the same architecture, tensors, tokenizer and seed.

    Args:
        folders (`dict[str, Path]`): unit (or any name) → saved model.

    Raises:
        `InputError`: names the two that differ, and in what.
    """
    _check_same(folders, ("configuration", "tensor shapes", "origin"))


def check_architectures(folders: dict[str, Path]) -> None:
    """Check that the models in these folders have the same architecture and tensors, wherever they come from.

    Args:
        folders (`dict[str, Path]`): unit (or any name) → saved model.

    Raises:
        `InputError`: names the two that differ, and in what.
    """
    _check_same(folders, ("configuration", "tensor shapes"))


def _check_same(folders: dict[str, Path], in_what: tuple[str, ...]) -> None:
    first, *others = folders
    described = _describe(folders[first])
    reference = {what: described[what] for what in in_what}
    for name in others:
        other = _describe(folders[name])
        for what, value in reference.items():
            difference = _difference(what, value, other[what])
            if difference and what in _AS_LOADED:  # the same model, saved by another version of transformers?
                as_loaded = _AS_LOADED[what]
                difference = _difference(what, as_loaded(folders[first]), as_loaded(folders[name]))
            if difference:
                raise InputError(f"{folders[first]} and {folders[name]} cannot be averaged: {difference}")


def check_seed(seed: Path, component: Path) -> None:
    """Raise `InputError` unless a component can be held as differences from the seed."""
    if differs := other_tensor(seed, component):
        raise InputError(
            f"{component} cannot be held as differences from {seed}: {differs}; give `pool_format: bfloat16`"
        )


def other_tensor(seed: Path, component: Path) -> str | None:
    """The first tensor of a component that the seed lacks or has in another shape, in words; `None` if it has all."""
    seed_shapes = tensor_shapes(seed)
    for name, shape in tensor_shapes(component).items():
        if seed_shapes.get(name) != shape:
            return f"tensor {name!r} is {shape} in the first and {seed_shapes.get(name, 'missing')} in the second"
    return None


def check_finite(tensors: dict[str, "torch.Tensor"], folder: Path) -> None:
    """Raise `InputError` if a weight is NaN or infinite."""
    import torch

    for name, tensor in tensors.items():
        # A NaN or an infinity anywhere makes the extremes of the tensor not finite.
        if (
            tensor.is_floating_point()
            and tensor.numel()
            and not all(map(torch.isfinite, torch.aminmax(tensor.float())))
        ):
            raise InputError(f"{folder}: tensor {name} holds NaN or infinity; the training run diverged")


def _describe(folder: Path) -> dict[str, dict]:
    manifest = find_manifest(folder) or {}
    return {
        "configuration": _without_free(json.loads((folder / CONFIG).read_text(encoding="utf-8"))),
        "tensor shapes": tensor_shapes(folder),
        "origin": {key: manifest.get(key) for key in ("tokenizer_digest", "seed_digest")},
    }


def _without_free(config: dict) -> dict:
    return {key: value for key, value in config.items() if key not in _FREE_KEYS}


def _loaded_configuration(folder: Path) -> dict:
    """A configuration as transformers reads it: old keys renamed, defaults filled in, unknown keys left out.

    `model_type` decides which class loads it, whatever the class was called that saved it (`architectures`).
    """
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder, **loading_options())
        known = type(config)().to_dict()
    except (ValueError, OSError, KeyError, TypeError):  # of an architecture that transformers does not know
        return _without_free(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
    as_read = {key: value for key, value in config.to_dict().items() if key in known and key != "architectures"}
    return _without_free(as_read)


def _loaded_shapes(folder: Path) -> dict:
    """The shapes of a model's tensors as transformers loads them, and of tensors that are not part of the model."""
    model, unused = load_causal_lm(folder)
    stored = tensor_shapes(folder)
    shapes = {name: tuple(tensor.shape) for name, tensor in model_tensors(model).items()}
    return shapes | {name: stored.get(name, "converted") for name in unused}


_AS_LOADED = {"configuration": _loaded_configuration, "tensor shapes": _loaded_shapes}


def _difference(what: str, value: dict, other: dict) -> str:
    """What differs, in words; empty if nothing does."""
    for key in {**value, **other}:
        left, right = value.get(key, "missing"), other.get(key, "missing")
        if key == "attn_out" and {left, right} & {None, "missing"}:
            continue  # as released, a configuration does not say it; the tensors do
        if left != right and key == "attn_out":
            return f"only one of them has an attention output projection (`attn_out`: {left} and {right})"
        if left != right:
            return f"{what} differ in {key!r}: {left} and {right}"
    return ""
