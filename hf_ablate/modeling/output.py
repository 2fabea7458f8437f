"""The folder of a converted model: checked first, written under a temporary name, put in place as a whole."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..errors import InputError
from ..manifest import digest_files, write_manifest
from ..saved_model import CONFIG, WEIGHTS, weights_digest
from .checkpoint import Checkpoint
from .configuration_hf_olmo import HfOlmoConfig
from .weights import write_safetensors


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


@dataclass(frozen=True)
class ConvertedModel:
    """What a checkpoint was converted to.

    Args:
        config ([`HfOlmoConfig`]): its `dtype` is that of the written weights.
        tensors (`dict[str, torch.Tensor]`): by their names in the model and in its order.
        tokenizer (`PreTrainedTokenizerFast`, *optional*): saved with the model.
    """

    config: HfOlmoConfig
    tensors: dict[str, torch.Tensor]
    tokenizer: "PreTrainedTokenizerFast | None"


def check_output(output: Path, source: str, overwrite: bool) -> None:
    """Check that a folder may be written.

    Args:
        output (`Path`): the folder.
        source (`str`): the checkpoint, which must not be in it.
        overwrite (`bool`): whether the user asked to replace a model in it.

    Raises:
        `InputError`: if it holds something that must not be replaced.
    """
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not overwrite:
        raise InputError(f"{output} already exists; give another folder, or --overwrite to replace the model in it")
    checkpoint = Path(source).resolve()
    if checkpoint.exists() and output.resolve() in (checkpoint, *checkpoint.parents):
        raise InputError(f"{output} holds the checkpoint itself; give another folder")
    if not (output / CONFIG).is_file():
        raise InputError(
            f"{output} is not a model's folder (it has no {CONFIG}), so it is not replaced; remove it first"
        )


def write_output(
    output: Path, model: ConvertedModel, checkpoint: Checkpoint, provenance: dict[str, Any], summary: dict[str, Any]
) -> None:
    """Write the folder under a temporary name next to the output, which it then replaces.

    Args:
        output (`Path`): the folder.
        model ([`ConvertedModel`]): what is written.
        checkpoint ([`Checkpoint`]): what it was converted from.
        provenance (`dict`): the arguments that the manifest records.
        summary (`dict`): what else it records.

    Raises:
        `InputError`: if the folder cannot be made.
    """
    temporary, replaced = (output.with_name(f".{output.name}.{end}") for end in ("partial", "replaced"))
    for folder in (temporary, replaced):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error}); give another folder") from error
    try:
        _write_files(temporary, model, checkpoint.folder)
        write_manifest(
            temporary, "convert", provenance, {"checkpoint": digest_files(checkpoint.files)},
            **summary, digest=weights_digest(temporary),
        )  # fmt: skip
        if output.exists():
            output.rename(replaced)
        temporary.rename(output)
        shutil.rmtree(replaced, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_files(folder: Path, model: ConvertedModel, original: Path | None) -> None:
    model.config.save_pretrained(folder)
    for module in ("configuration_hf_olmo.py", "modeling_hf_olmo.py"):
        shutil.copy(Path(__file__).with_name(module), folder)
    if original and (original / "generation_config.json").is_file():
        shutil.copy(original / "generation_config.json", folder)
    if model.tokenizer is not None:
        model.tokenizer.save_pretrained(folder)
    write_safetensors(folder / WEIGHTS, model.tensors, model.config.dtype)
