"""Saved models, their configurations and tokenizers, loaded; all that can be is checked before any weight is read."""

import logging
import os
from pathlib import Path

from ...causal_models import causal_config as read_causal_config
from ...errors import InputError, reason
from ...manifest import find_manifest, has_manifest
from ...model_config import context_of
from ...remote_code import loading_options, untrusted_code
from ...saved_model import CONFIG, load_causal_lm
from ...saved_tokenizer import check_reads_as_saved, check_vocabulary_holds, reads_as_saved


logger = logging.getLogger(__name__)


def load_model(folder: Path, dtype: str, device: str):
    """A saved causal language model, ready to be scored.

    Args:
        folder (`Path`): where it is saved.
        dtype (`str`): number format of its weights in memory: `float32`, `bfloat16` or `float16`.
        device (`str`): where it is put.

    Raises:
        `InputError`: if the folder does not hold a complete causal language model.
    """
    import torch

    causal_config(folder)
    model, _ = load_causal_lm(folder, dtype=getattr(torch, dtype))
    return model.eval().requires_grad_(False).to(device)


def causal_config(folder: Path):
    """The configuration of a saved causal language model.

    Raises:
        `InputError`: if it is missing, unknown to transformers, or not that of a causal language model.
    """
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder} is not a saved model: it has no {CONFIG}")
    return read_causal_config(folder, f"{folder / CONFIG} does not describe a model that can be loaded")


def load_tokenizer(folder: Path):
    """The tokenizer saved with a model.

    Raises:
        `InputError`: if there is none, it cannot be loaded, its vocabulary lacks a special token that text is scored
            with, or a model trained here would be scored on other tokens than it was trained on.
    """
    from transformers import AutoTokenizer

    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json", "tokenizer.model")):
        raise InputError(f"{folder} holds no tokenizer; save it there with `tokenizer.save_pretrained`")
    try:
        with untrusted_code(str(folder)):
            tokenizer = AutoTokenizer.from_pretrained(folder, **loading_options())
    except InputError:
        raise
    except (ValueError, OSError, KeyError) as error:
        raise InputError(f"the tokenizer in {folder} cannot be loaded: {reason(error)}") from error
    check_vocabulary_holds(tokenizer, folder)
    if has_manifest(folder):
        check_reads_as_saved(tokenizer, folder)
    elif not reads_as_saved(tokenizer, folder):
        name = type(tokenizer).__name__
        logger.warning("transformers loads the tokenizer in %s as %s, not as its tokenizer.json says", folder, name)
    return tokenizer


def window_length(folder: Path, max_length: int | None) -> int:
    """How many tokens a window predicts: `max_length`, but no more than the model can read.

    By default that is the length that the model was trained on, where its manifest records it.

    Raises:
        `InputError`: if configuration, manifest and `max_length` set no limit.
    """
    limit, trained = context_of(causal_config(folder)), (find_manifest(folder) or {}).get("block_size")
    asked = max_length or trained
    if not (limit or asked):
        raise InputError(f"the configuration in {folder} sets no limit to the model's input; give `max_length`")
    length = min(number for number in (limit, asked) if number)
    if max_length and length < max_length:
        logger.warning("max_length is %d, but the model in %s reads no more than %d", max_length, folder, length)
    if trained and length > trained:
        logger.warning(
            "windows of %d tokens are longer than those that the model in %s was trained on (%d): the scores "
            "include how it extrapolates", length, folder, trained,
        )  # fmt: skip
    return length


def default_device() -> str:
    """The GPU of this process, if there is one and `accelerate launch` was not asked to use the CPU."""
    import torch

    on_cpu = os.environ.get("ACCELERATE_USE_CPU", "").lower() == "true"
    return "cuda" if torch.cuda.is_available() and not on_cpu else "cpu"
