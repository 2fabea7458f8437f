"""Checks that models can be averaged, made before any weight is combined.

mergekit merges tied with untied inputs, drops tensors that only some inputs have and passes NaN on; a proxy made that
way would be silently wrong.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..manifest import find_manifest
from ..saved_model import CONFIG, weight_files


if TYPE_CHECKING:
    import torch


_FREE_KEYS = {"_name_or_path", "auto_map", "transformers_version", "dtype", "torch_dtype", "use_cache"}


def check_components(folders: dict[str, Path]) -> None:
    """Check that the models in these folders have the same architecture, tensors, tokenizer and seed.

    Args:
        folders (`dict[str, Path]`): unit (or any name) → saved model.

    Raises:
        `InputError`: names the two that differ, and in what.
    """
    first, *others = folders
    reference = _describe(folders[first])
    for name in others:
        other = _describe(folders[name])
        for what, value in reference.items():
            if value != other[what]:
                raise InputError(
                    f"{folders[first]} and {folders[name]} cannot be averaged: {_difference(what, value, other[what])}"
                )


def check_seed(seed: Path, component: Path) -> None:
    """Raise `InputError` unless the seed has all tensors of a component, in the same shapes."""
    seed_shapes = _describe(seed)["tensor shapes"]
    for name, shape in _describe(component)["tensor shapes"].items():
        if seed_shapes.get(name) != shape:
            raise InputError(
                f"{component} cannot be held as differences from {seed}: tensor {name!r} is {shape} in the first and "
                f"{seed_shapes.get(name, 'missing')} in the second; give `pool_format: bfloat16`"
            )


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
    from safetensors import SafetensorError, safe_open

    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    shapes = {}
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="np") as file:
                shapes |= {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path} is corrupt ({error}); train or fetch the model again") from error
    manifest = find_manifest(folder) or {}
    return {
        "configuration": {key: value for key, value in config.items() if key not in _FREE_KEYS},
        "tensor shapes": shapes,
        "origin": {key: manifest.get(key) for key in ("tokenizer_digest", "seed_digest")},
    }


def _difference(what: str, value: dict, other: dict) -> str:
    for key in {**value, **other}:
        left, right = value.get(key, "missing"), other.get(key, "missing")
        if left != right and key == "attn_out":
            return f"only one of them has an attention output projection (`attn_out`: {left} and {right})"
        if left != right:
            return f"{what} differ in {key!r}: {left} and {right}"
    return f"{what} differ"
