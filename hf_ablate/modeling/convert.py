"""`hf-ablate convert`: a checkpoint of the seeds' architecture, in any form, to a folder that transformers loads."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..errors import InputError
from ..hub_errors import hub_failures
from ..saved_model import CONFIG
from ..saved_tokenizer import vocab_size_of
from .arguments import ConvertArguments
from .checkpoint import MODEL_TYPES, read_checkpoint
from .configuration_hf_olmo import HfOlmoConfig
from .fitting import make_config, settle_attention_output, sort_like_model
from .names import standard_names
from .output import ConvertedModel, check_output, write_output


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def run(arguments: ConvertArguments) -> None:
    """Convert a checkpoint, and print what it is."""
    summary = convert(arguments)
    print_summary(arguments.output, not arguments.dry_run, summary, arguments.output_format)


def convert(arguments: ConvertArguments) -> dict[str, Any]:
    """Convert a checkpoint; all checks come first, and a failure leaves the output as it was.

    Args:
        arguments ([`ConvertArguments`]): what is converted, and where to.

    Returns:
        `dict`: `form`, `attn_out`, `parameters`, `dtype` and `tokenizer`.

    Raises:
        `InputError`: for a checkpoint that cannot be read or is of another architecture, and an output that is there.
    """
    check_output(arguments.output, arguments.source, arguments.overwrite)
    checkpoint = read_checkpoint(arguments.source, arguments.revision)
    tensors = standard_names(checkpoint.tensors)
    config = make_config(arguments.source, checkpoint.config, arguments.size, arguments.config, tensors)
    tensors, attention_output = settle_attention_output(config, tensors)
    tensors = sort_like_model(config, tensors, checkpoint.files)
    stored = tensors["model.transformer.wte.weight"].dtype
    config.dtype = getattr(torch, arguments.dtype) if arguments.dtype else stored
    tokenizer = load_tokenizer(arguments.tokenizer or checkpoint.folder, config, required=bool(arguments.tokenizer))
    summary = {
        "form": checkpoint.form,
        "attn_out": attention_output,
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
        "dtype": str(config.dtype).removeprefix("torch."),
        "tokenizer": tokenizer is not None,
    }
    if not arguments.dry_run:
        options = {name: getattr(arguments, name) for name in ("size", "dtype", "revision")}
        provenance = {**options, "source": source_name(arguments.source)}
        write_output(arguments.output, ConvertedModel(config, tensors, tokenizer), checkpoint, provenance, summary)
    return summary


def is_as_released(folder: Path) -> bool:
    """Whether a folder holds a model of the seeds' architecture in one of the forms that `convert` reads.

    Args:
        folder (`Path`): of a saved model. Converted ones say in their configuration what became of `attn_out`.
    """
    path = folder / CONFIG
    config = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return "d_model" in config and config.get("model_type") in MODEL_TYPES and config.get("attn_out") is None


def load_tokenizer(
    folder_or_id: str | Path | None, config: HfOlmoConfig, required: bool
) -> "PreTrainedTokenizerFast | None":
    """The tokenizer in a folder or on the Hub, if there is one.

    Not through `AutoTokenizer`: from the `model_type: olmo` of early checkpoints it would make another tokenizer.

    Args:
        folder_or_id (`str` or `Path`, *optional*): where it is.
        config ([`HfOlmoConfig`]): of the model that is to read its tokens.
        required (`bool`): whether it must be there.

    Raises:
        `InputError`: if it is required and cannot be loaded, or has more entries than the embedding has rows.
    """
    from transformers import PreTrainedTokenizerFast

    if folder_or_id is None or (not required and not (Path(folder_or_id) / "tokenizer.json").is_file()):
        return None
    with hub_failures(f"no tokenizer can be loaded from {folder_or_id}", OSError, ValueError):
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder_or_id)
    if vocab_size_of(tokenizer) > config.embedding_size:
        raise InputError(
            f"the tokenizer of {folder_or_id} has {vocab_size_of(tokenizer)} entries, the embedding only "
            f"{config.embedding_size} rows"
        )
    return tokenizer


def source_name(source: str) -> str:
    """A Hub id as it is, of a path the last part: manifests hold no path on the machine that wrote them."""
    return Path(source).resolve().name if Path(source).exists() else source


def print_summary(output: Path, written: bool, summary: dict[str, Any], output_format: str) -> None:
    """Print what the checkpoint is and where its conversion was written.

    Args:
        output (`Path`): the folder.
        written (`bool`): whether it was written; not in a dry run.
        summary (`dict`): `form`, `attn_out`, `parameters`, `dtype` and `tokenizer`.
        output_format (`str`): `table` or `json`.
    """
    if output_format == "json":
        print(json.dumps({"output": str(output), "written": written, **summary}))
        return
    print(f"form        {summary['form']}")
    print(f"parameters  {summary['parameters']:,} ({summary['dtype']}; the tied embedding counted once)")
    print(f"attn_out    {summary['attn_out']}")
    print(f"tokenizer   {'saved with the model' if summary['tokenizer'] else 'none; give one with --tokenizer'}")
    print(f"output      {output}{'' if written else ' (dry run: nothing written)'}")
