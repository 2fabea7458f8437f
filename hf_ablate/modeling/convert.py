"""`hf-ablate convert`: a checkpoint of the seeds' architecture, in any form, to a folder that transformers loads."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from ..errors import InputError
from ..hub_errors import hub_failures
from ..manifest import digest_files, write_manifest
from .arguments import ConvertArguments
from .checkpoint import Checkpoint, read_checkpoint, read_config
from .configuration_hf_olmo import ONLY_ARCHITECTURE, HfOlmoConfig
from .modeling_hf_olmo import HfOlmoForCausalLM, is_identity
from .names import standard_names
from .sizes import SIZES
from .weights import write_safetensors


# Of a configuration that another package saved: what says nothing of the model's shape.
PROVENANCE = ("architectures", "auto_map", "dtype", "model_type", "torch_dtype", "transformers_version")


def run(arguments: ConvertArguments) -> None:
    """Convert a checkpoint; all checks come first, and a failure leaves the output as it was."""
    check_output(arguments)
    checkpoint = read_checkpoint(arguments.source, arguments.revision)
    tensors = standard_names(checkpoint.tensors)
    config = shape(arguments, checkpoint, tensors)
    tensors, attention_output = settle_attention_output(config, tensors)
    tensors = in_order_of_model(config, tensors, checkpoint.files)
    stored = tensors["model.transformer.wte.weight"].dtype
    config.dtype = getattr(torch, arguments.dtype) if arguments.dtype else stored
    tokenizer = load_tokenizer(arguments.tokenizer or checkpoint.folder, config, required=bool(arguments.tokenizer))
    facts = {
        "form": checkpoint.form,
        "attn_out": attention_output,
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
        "dtype": str(config.dtype).removeprefix("torch."),
        "tokenizer": tokenizer is not None,
    }
    if not arguments.dry_run:
        write(arguments, checkpoint, config, tensors, tokenizer, facts)
    report(arguments, facts)


def check_output(arguments: ConvertArguments) -> None:
    """Raise `InputError` unless the output may be written."""
    output = arguments.output
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not arguments.overwrite:
        raise InputError(f"{output} exists already; give another folder, or --overwrite to replace the model in it")
    if Path(arguments.source).exists() and output.resolve() in (
        Path(arguments.source).resolve(),
        *Path(arguments.source).resolve().parents,
    ):
        raise InputError(f"{output} holds the checkpoint itself; give another folder")
    if not (output / "config.json").is_file():
        raise InputError(
            f"{output} is no model's folder (it has no config.json), so it is not replaced; remove it first"
        )


def shape(arguments: ConvertArguments, checkpoint: Checkpoint, tensors: dict[str, torch.Tensor]) -> HfOlmoConfig:
    """The configuration: the checkpoint's own, or the one that the arguments give.

    Raises:
        `InputError`: if there is none or more than one, or if it is another architecture's.
    """
    given = [option for option in ("size", "config") if getattr(arguments, option)]
    if checkpoint.config is not None and given:
        raise InputError(f"{arguments.source} has a configuration of its own; leave --{given[0]} out")
    if len(given) > 1:
        raise InputError("--size and --config both give the shape; leave one of them out")
    if checkpoint.config is None and not given:
        raise InputError(f"{arguments.source} has no configuration; give its shape: {shape_hint(tensors)}")
    fields = checkpoint.config or (SIZES[arguments.size] if arguments.size else read_config(arguments.config))
    known = {*HfOlmoConfig.__dataclass_fields__, *ONLY_ARCHITECTURE}
    fields = {key: value for key, value in fields.items() if key in known and key not in PROVENANCE}
    try:
        return HfOlmoConfig(**fields, architectures=[HfOlmoForCausalLM.__name__])
    except Exception as error:  # the configuration checks itself, and huggingface_hub wraps what it raises
        reason = error.__cause__ or error
        raise InputError(f"{arguments.config or arguments.source}: {reason}") from error


def shape_hint(tensors: dict[str, torch.Tensor]) -> str:
    """The option that would give a checkpoint its shape, as far as its tensors tell."""
    embedding = tensors.get("model.transformer.wte.weight")
    width = embedding.shape[1] if embedding is not None and embedding.dim() == 2 else None
    layers = len([name for name in tensors if name.endswith(".att_proj.weight")])
    for size, values in SIZES.items():
        if (values["d_model"], values["n_layers"]) == (width, layers):
            return f"--size {size}, which its width {width} and {layers} layers are"
    return f"--size or --config FILE (it has width {width} and {layers} layers, which is none of {', '.join(SIZES)})"


def settle_attention_output(
    config: HfOlmoConfig, tensors: dict[str, torch.Tensor]
) -> tuple[dict[str, torch.Tensor], str]:
    """Drop the attention output projections if all are identities, and record in the configuration which they are.

    Returns:
        `tuple[dict[str, torch.Tensor], str]`: the tensors that stay, and what was found, in words.
    """
    found = {name: tensor for name, tensor in tensors.items() if ".attn_out." in name}
    config.attn_out = "identity" if is_identity(found.items()) else "linear"
    if config.attn_out == "linear":
        return tensors, "linear, kept"
    return {name: tensor for name, tensor in tensors.items() if name not in found}, (
        "identity, dropped" if found else "none"
    )


def in_order_of_model(
    config: HfOlmoConfig, tensors: dict[str, torch.Tensor], files: list[Path]
) -> dict[str, torch.Tensor]:
    """The tensors in the model's order, so that equal models become equal files.

    Raises:
        `InputError`: that lists missing, unexpected and misshaped tensors, if there are any.
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


def load_tokenizer(source: str | Path | None, config: HfOlmoConfig, required: bool):
    """The tokenizer in a folder or on the Hub, if there is one.

    Not through `AutoTokenizer`: from the `model_type: olmo` of early checkpoints it would make another tokenizer.
    """
    from transformers import PreTrainedTokenizerFast

    if source is None or (not required and not (Path(source) / "tokenizer.json").is_file()):
        return None
    with hub_failures(f"no tokenizer can be loaded from {source}", OSError, ValueError):
        tokenizer = PreTrainedTokenizerFast.from_pretrained(source)
    if len(tokenizer) > config.embedding_size:
        raise InputError(
            f"the tokenizer of {source} has {len(tokenizer)} entries, the embedding only {config.embedding_size} rows"
        )
    return tokenizer


def write(
    arguments: ConvertArguments,
    checkpoint: Checkpoint,
    config: HfOlmoConfig,
    tensors: dict[str, torch.Tensor],
    tokenizer,
    facts: dict[str, Any],
) -> None:
    """Write the folder under a temporary name beside the output, which it then replaces."""
    output = arguments.output
    temporary, replaced = (output.with_name(f".{output.name}.{end}") for end in ("partial", "replaced"))
    for folder in (temporary, replaced):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error}); give another folder") from error
    try:
        config.save_pretrained(temporary)
        for module in ("configuration_hf_olmo.py", "modeling_hf_olmo.py"):
            shutil.copy(Path(__file__).with_name(module), temporary)
        if checkpoint.folder and (checkpoint.folder / "generation_config.json").is_file():
            shutil.copy(checkpoint.folder / "generation_config.json", temporary)
        if tokenizer is not None:
            tokenizer.save_pretrained(temporary)
        write_safetensors(temporary / "model.safetensors", tensors, config.dtype)
        given = {name: getattr(arguments, name) for name in ("size", "dtype", "revision")}
        write_manifest(
            temporary, "convert", given | {"source": source_name(arguments.source)},
            {"checkpoint": digest_files(checkpoint.files)},
            **facts, digest=digest_files([temporary / "config.json", temporary / "model.safetensors"]),
        )  # fmt: skip
        if output.exists():
            output.rename(replaced)
        temporary.rename(output)
        shutil.rmtree(replaced, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def source_name(source: str) -> str:
    """A Hub id as it is, of a path the last part: manifests hold no path of the machine that wrote them."""
    return Path(source).resolve().name if Path(source).exists() else source


def report(arguments: ConvertArguments, facts: dict[str, Any]) -> None:
    """Print what was found and written."""
    if arguments.output_format == "json":
        print(json.dumps({"output": str(arguments.output), "written": not arguments.dry_run, **facts}))
        return
    print(f"form        {facts['form']}")
    print(f"parameters  {facts['parameters']:,} ({facts['dtype']}; the tied embedding counted once)")
    print(f"attn_out    {facts['attn_out']}")
    print(f"tokenizer   {'saved with the model' if facts['tokenizer'] else 'none; give one with --tokenizer'}")
    print(f"output      {arguments.output}{' (dry run: nothing written)' if arguments.dry_run else ''}")
