"""Reads checkpoints of the seeds' architecture in all their forms. Tensors stay on disk until used."""

import json
import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors import SafetensorError, safe_open

from ..errors import InputError
from ..hub_errors import hub_failures


FORMS = (
    "a checkpoint file of the original training (Composer), a folder with model.pt and config.yaml (OLMo), "
    "or a folder or Hub id with config.json (hf_olmo)"
)


MODEL_TYPES = ("hf_olmo", "olmo")  # the second of early releases; in transformers it is another architecture


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint: its tensors by their names in it, and its configuration.

    Attributes:
        form (`str`): composer, olmo or hf_olmo.
        files (`list[Path]`): the weight files.
        tensors (`dict[str, torch.Tensor]`): mapped from disk, so that they take no memory until used.
        config (`dict` or `None`): fields of the configuration, if there is one.
        folder (`Path` or `None`): where a tokenizer may be.
    """

    form: str
    files: list[Path]
    tensors: dict[str, torch.Tensor]
    config: dict[str, Any] | None
    folder: Path | None


def read_checkpoint(source: str, revision: str | None = None) -> Checkpoint:
    """Recognise a checkpoint and open it.

    Args:
        source (`str`): file, folder or Hub id.
        revision (`str`, *optional*): branch, tag or commit of a Hub id.

    Raises:
        `InputError`: for anything else, and for pickles that hold anything but tensors.
    """
    path = Path(source)
    if not path.exists():
        if path.is_absolute() or source.startswith(".") or source.count("/") > 1:  # not a Hub id
            raise InputError(f"{source} does not exist (looked for {path.resolve()}); expected {FORMS}")
        path = download(source, revision)
    if path.is_file():
        tensors = read_tensors(path)
        return Checkpoint("composer", [path], tensors, None, None)
    if (path / "config.json").is_file():
        config = read_config(path / "config.json")
        files = weight_files(path)
        tensors = {name: tensor for file in files for name, tensor in read_tensors(file).items()}
        return Checkpoint("hf_olmo", files, tensors, config, path)
    if (path / "model.pt").is_file() and (path / "config.yaml").is_file():
        config = read_config(path / "config.yaml")
        return Checkpoint("olmo", [path / "model.pt"], read_tensors(path / "model.pt"), config, path)
    raise InputError(f"{path} has neither config.json nor model.pt with config.yaml; expected {FORMS}")


def download(name: str, revision: str | None) -> Path:
    """The folder of a Hub id in the cache, with safetensors rather than pickles.

    Raises:
        `InputError`: if it cannot be fetched.
    """
    from huggingface_hub import snapshot_download

    options = {"repo_id": name, "revision": revision, "ignore_patterns": ["*optimizer*", "checkpoint-*"]}
    what = (
        f"{name} is neither a file nor a folder (looked for {Path(name).resolve()}) nor a model on the Hub that can "
        "be fetched"
    )
    with hub_failures(what, OSError):
        folder = Path(snapshot_download(allow_patterns=["*.json", "*.safetensors", "tokenizer*"], **options))
        if not list(folder.glob("*.safetensors")):
            folder = Path(snapshot_download(allow_patterns=["*.json", "*.bin", "tokenizer*"], **options))
        return folder


def weight_files(folder: Path) -> list[Path]:
    """The weight files of a folder in Hugging Face's form, whole or in shards, safetensors first.

    Raises:
        `InputError`: if there are none, or a shard is missing.
    """
    for name in ("model.safetensors", "pytorch_model.bin"):
        index = folder / f"{name}.index.json"
        if (folder / name).is_file():
            return [folder / name]
        if index.is_file():
            shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
            if missing := [shard for shard in shards if not (folder / shard).is_file()]:
                raise InputError(f"{folder} is incomplete: it lacks {', '.join(missing)}, which {index.name} names")
            return [folder / shard for shard in shards]
    raise InputError(f"{folder} has no weights: neither model.safetensors nor pytorch_model.bin, whole or in shards")


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file, mapped from disk; of a training checkpoint, the model's.

    Returns:
        `dict[str, torch.Tensor]`: by their names in the file, of any shape and dtype.

    Raises:
        `InputError`: for a corrupt file and for a pickle that holds anything but tensors.
    """
    if path.suffix == ".safetensors":
        try:
            with safe_open(path, framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path} is corrupt ({error}); fetch it again") from error
    content = _unpickle(path)
    if isinstance(content, dict) and isinstance(state := content.get("state"), dict):
        content = state.get("model")  # Composer's training checkpoint
    if not isinstance(content, dict) or not content:
        raise InputError(f"{path} holds no named tensors; expected {FORMS}")
    for name, value in content.items():
        if not isinstance(value, torch.Tensor):
            raise InputError(f"{path} holds a {type(value).__name__} under {name!r} among the tensors of the model")
    return content


def _unpickle(path: Path) -> Any:
    try:
        # Files from before PyTorch 1.6 are not archives and cannot be mapped.
        return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        reason = str(error).partition("WeightsUnpickler error: ")[2].strip().splitlines() or ["unreadable"]
        raise InputError(
            f"{path} is refused: it is not a PyTorch file, or holds something other than tensors "
            f"({reason[0].partition('. ')[0]}), and reading such a pickle can run any code. Have whoever made it save "
            "the tensors alone: torch.save({'state': {'model': checkpoint['state']['model']}}, FILE)"
        ) from error
    except (RuntimeError, KeyError, EOFError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"{path} is corrupt or not a PyTorch file ({str(error)[:200]}); expected {FORMS}") from error


def read_config(path: Path) -> dict[str, Any]:
    """The fields of a configuration: `config.json`, OLMo's `config.yaml` (its `model` section), or a flat file.

    Raises:
        `InputError`: for a missing or malformed file, and for transformers' own OLMo, which is another architecture.
    """
    try:
        text = path.read_text(encoding="utf-8")
        # JSON is not read as YAML, to which `1e-05` is text.
        values = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise InputError(f"configuration {path} cannot be read (looked for {path.resolve()})") from error
    except (json.JSONDecodeError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"configuration {path} is malformed: {error}") from error
    if isinstance(values, dict) and isinstance(values.get("model"), dict):
        values = values["model"]
    if not isinstance(values, dict) or not values:
        raise InputError(f"configuration {path} holds no fields; expected d_model, n_layers, n_heads, …")
    if values.get("model_type", "hf_olmo") not in MODEL_TYPES or "d_model" not in values:
        raise InputError(
            f"configuration {path} (model_type {values.get('model_type')!r}, "
            f"{'with' if 'd_model' in values else 'without'} d_model) is not of the seeds' architecture. "
            "transformers may load the model as it is; it needs no conversion"
        )
    return values
