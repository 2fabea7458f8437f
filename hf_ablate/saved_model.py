"""The folder of a saved model: its files, its tensors, and the digest that identifies its weights."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .causal_models import text_model
from .errors import InputError, reason, unreadable
from .loading_bars import no_loading_bars
from .manifest import digest_files
from .remote_code import loading_options, untrusted_code


if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


logger = logging.getLogger(__name__)
CONFIG, INDEX, WEIGHTS = "config.json", "model.safetensors.index.json", "model.safetensors"
GENERATION = "generation_config.json"
TORCH_INDEX, TORCH_WEIGHTS = "pytorch_model.bin.index.json", "pytorch_model.bin"  # as saved by transformers before 5
ADAPTER = "adapter"  # the folder of the low-rank adapter that a component was folded from


def weight_files(folder: Path) -> list[Path]:
    """The files with the weights of a saved model, in order: safetensors, or `.bin` where there are none.

    Raises:
        `InputError`: if the folder is not a complete saved model, and for a file that cannot be read.
    """
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder} is not a saved model: it has no {CONFIG}")
    files = _named_weight_files(folder)
    for path in (folder / CONFIG, *files):  # the libraries call an unreadable file missing or corrupt
        try:
            with open(path, "rb") as file:
                file.read(1)
        except OSError as error:
            raise unreadable(path, error) from error
    return files


def _named_weight_files(folder: Path) -> list[Path]:
    for whole, index in ((WEIGHTS, INDEX), (TORCH_WEIGHTS, TORCH_INDEX)):
        if (folder / whole).is_file():
            return [folder / whole]
        if (folder / index).is_file():
            return _shards(folder, index)
    raise InputError(
        f"{folder} has neither {WEIGHTS} nor {INDEX} nor {TORCH_WEIGHTS}; save the model with `save_pretrained`"
    )


def _shards(folder: Path, index: str) -> list[Path]:
    names = sorted(set(json.loads((folder / index).read_text(encoding="utf-8"))["weight_map"].values()))
    for name in names:
        if not (folder / name).is_file():
            raise InputError(f"{folder} lacks {name}, which its {index} names; the folder is incomplete")
    return [folder / name for name in names]


def weights_digest(folder: Path) -> str:
    """The digest of a saved model's configuration and weights.

    Raises:
        `InputError`: if the folder is not a complete saved model.
    """
    return digest_files([folder / CONFIG, *weight_files(folder)])


def open_tensors(folder: Path) -> "dict[str, torch.Tensor]":
    """All tensors of a saved model, memory-mapped: read from disk only when used.

    These are the tensors of the files. What transformers makes of them when it loads the model may have other names
    and shapes: see [`load_causal_lm`].

    Returns:
        `dict[str, torch.Tensor]`: by their names in the files, in the shapes and dtypes that they are stored in.

    Raises:
        `InputError`: for a corrupt file, and one with more than tensors in it; names it.
    """
    tensors: dict[str, torch.Tensor] = {}
    for path in weight_files(folder):
        tensors |= open_file(path)
    return tensors


def tensor_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of all tensors in the files of a saved model, by their names there; of safetensors, without torch.

    Raises:
        `InputError`: for a corrupt file; names it.
    """
    from safetensors import SafetensorError, safe_open

    shapes: dict[str, tuple[int, ...]] = {}
    for path in weight_files(folder):
        if path.suffix == ".bin":
            shapes |= {name: tuple(tensor.shape) for name, tensor in open_file(path).items()}
            continue
        try:
            with safe_open(path, framework="np") as file:
                shapes |= {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path} is corrupt ({error}); train or fetch the model again") from error
    return shapes


def open_file(path: Path) -> "dict[str, torch.Tensor]":
    """All tensors of one file of weights, memory-mapped.

    Args:
        path (`Path`): safetensors, or `.bin`.

    Returns:
        `dict[str, torch.Tensor]`: by their names in the file, in the shapes and dtypes that they are stored in.

    Raises:
        `InputError`: for a corrupt file, and one with more than tensors in it; names it.
    """
    from pickle import UnpicklingError

    from safetensors import SafetensorError, safe_open

    try:
        if path.suffix == ".bin":
            return _open_pickle(path)
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}
    except UnpicklingError as error:
        raise InputError(
            f"{path} is corrupt, or holds more than tensors, which could run code when it is read; save the model as "
            "safetensors with `save_pretrained`"
        ) from error
    except (SafetensorError, OSError, RuntimeError, EOFError) as error:
        raise InputError(f"{path} is corrupt ({error}); train or fetch the model again") from error


def _open_pickle(path: Path) -> "dict[str, torch.Tensor]":
    from zipfile import is_zipfile

    import torch

    # only the archives that torch writes since 1.6 can be memory-mapped
    content = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zipfile(path))
    return {name: tensor for name, tensor in content.items() if isinstance(tensor, torch.Tensor)}


def load_causal_lm(folder: Path | str, **options: Any) -> "tuple[PreTrainedModel, set[str]]":
    """A saved causal language model, loaded by transformers, which converts names and shapes of the files' tensors.

    Of a model of images and text this is the model of text.

    Args:
        folder (`Path` or `str`): where it is saved, or its Hub id.
        options: for `from_pretrained`, `dtype` for example.

    Returns:
        `tuple[PreTrainedModel, set[str]]`: the model, and the names of tensors in the files that are not part of it.

    Raises:
        `InputError`: if there is no complete causal language model.
    """
    from pickle import UnpicklingError

    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    options |= _valid_generation(folder)
    try:
        with no_loading_bars(), untrusted_code(str(folder)):
            model, loaded = AutoModelForCausalLM.from_pretrained(
                folder, output_loading_info=True, **loading_options(), **options
            )
    except InputError:
        raise
    except (ValueError, OSError, KeyError, RuntimeError, SafetensorError, UnpicklingError) as error:
        raise InputError(f"{folder} cannot be loaded as a causal language model: {reason(error)}") from error
    if loaded["missing_keys"]:
        raise InputError(
            f"the weights in {folder} lack {len(loaded['missing_keys'])} tensors of the model, among them "
            f"{min(loaded['missing_keys'])}, which would be random; save the model again"
        )
    return text_model(model), set(loaded["unexpected_keys"])


def _valid_generation(folder: Path | str) -> dict[str, Any]:
    """Options that replace invalid settings for generating text, which are no reason not to load a model."""
    from transformers import GenerationConfig

    if not (Path(folder) / GENERATION).is_file():
        return {}
    try:
        GenerationConfig.from_pretrained(folder)
    except (ValueError, TypeError) as error:
        logger.warning("%s is not valid (%s); it is left out", Path(folder) / GENERATION, reason(error))
        return {"generation_config": GenerationConfig()}
    return {}


def model_tensors(model: "torch.nn.Module") -> "dict[str, torch.Tensor]":
    """The parameters and the saved buffers of a model.

    Args:
        model (`torch.nn.Module`): the model.

    Returns:
        `dict[str, torch.Tensor]`: by their names in the model, in its shapes and dtypes; tied ones once.
    """
    saved = model.state_dict().keys()
    return dict(model.named_parameters()) | {name: buffer for name, buffer in model.named_buffers() if name in saved}
