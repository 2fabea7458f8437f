"""The folder of a saved model: its files, its tensors, and the digest that identifies its weights."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import InputError
from .manifest import digest_files


if TYPE_CHECKING:
    import torch


CONFIG, INDEX, WEIGHTS = "config.json", "model.safetensors.index.json", "model.safetensors"
ADAPTER = "adapter"  # the folder of the low-rank adapter that a component was folded from


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a saved model, in order.

    Raises:
        `InputError`: if the folder is not a complete saved model.
    """
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder} is not a saved model: it has no {CONFIG}")
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if not (folder / INDEX).is_file():
        raise InputError(f"{folder} has neither {WEIGHTS} nor {INDEX}; save the model with `save_pretrained`")
    names = sorted(set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values()))
    for name in names:
        if not (folder / name).is_file():
            raise InputError(f"{folder} lacks {name}, which its {INDEX} names; the folder is incomplete")
    return [folder / name for name in names]


def weights_digest(folder: Path) -> str:
    """The digest of a saved model's configuration and weights.

    Raises:
        `InputError`: if the folder is not a complete saved model.
    """
    return digest_files([folder / CONFIG, *weight_files(folder)])


def open_tensors(folder: Path) -> "dict[str, torch.Tensor]":
    """All tensors of a saved model, memory-mapped: read from disk only when used.

    Returns:
        `dict[str, torch.Tensor]`: by their names in the files, in the shapes and dtypes that they are stored in.

    Raises:
        `InputError`: for a corrupt file; names it.
    """
    from safetensors import SafetensorError, safe_open

    tensors = {}
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="pt") as file:
                tensors |= {name: file.get_tensor(name) for name in file.keys()}
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path} is corrupt ({error}); train or fetch the model again") from error
    return tensors
