"""The models that an evaluation scores, and how each comes into memory."""

import json
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..manifest import MANIFEST, digest, digest_files, read_manifest
from ..merging.components import CONFIG, check_components, weight_files
from ..mixtures.enumerate import read_mixtures
from ..mixtures.mixture import Mixture


@dataclass(frozen=True)
class ScoredModel:
    """A model to score.

    Args:
        id (`str`): id within the study, Hub id or folder name.
        kind (`str`): `seed`, `component`, `reference`, `merged`, `ensemble` or `external`.
        digest (`str`): of its weights, or of what they are computed from.
        mixture (`Mixture`, *optional*): what it stands for.
        folder (`Path`, *optional*): where it is saved; none for proxies.
        tokenizer_digest (`str`, *optional*): as its manifest records it.
    """

    id: str
    kind: str
    digest: str
    mixture: Mixture | None = None
    folder: Path | None = None
    tokenizer_digest: str | None = None

    @property
    def identity(self) -> dict:
        """The fields of its score rows."""
        return {
            "model": self.id,
            "kind": self.kind,
            "mixture": self.mixture and self.mixture.weights,
            "model_digest": self.digest,
        }


def study_models(run_dir: Path, proxy: str) -> list[ScoredModel]:
    """The seed, components, finished reference models and the mixtures' proxies of a study, in this order.

    Raises:
        `InputError`: if a component that a mixture needs has not been trained; names it.
    """
    mixtures = [candidate.mixture for candidate in read_mixtures(run_dir)]
    models = run_dir / "models"
    units = list(dict.fromkeys(unit for mixture in mixtures for unit in mixture.units))
    missing = [unit for unit in units if not (models / "components" / unit / MANIFEST).is_file()]
    if missing:
        raise InputError(f"component models are not trained yet: {', '.join(missing)}; run `hf-ablate train` first")
    components = {unit: _saved(models / "components" / unit) for unit in units}
    check_components({unit: model.folder for unit, model in components.items()})
    found = [_saved(models / "seed")] if (models / "seed" / MANIFEST).is_file() else []
    found += components.values()
    found += [_saved(path.parent) for path in sorted((models / "references").glob(f"*/{MANIFEST}"))]
    kinds = {"merge": ["merged"], "ensemble": ["ensemble"], "both": ["merged", "ensemble"]}[proxy]
    return found + [proxy_of(kind, mixture, components) for kind in kinds for mixture in mixtures]


def proxy_of(kind: str, mixture: Mixture, components: dict[str, ScoredModel]) -> ScoredModel:
    """The proxy of a mixture: its digest is that of the components and weights which it is computed from."""
    parts = [[components[unit].digest, weight] for unit, weight in mixture.items]
    return ScoredModel(f"{kind}:{mixture.id}", kind, digest([kind, parts]), mixture)


def _saved(folder: Path) -> ScoredModel:
    manifest = read_manifest(folder)
    mixture = manifest["mixture"] and Mixture.of(manifest["mixture"])
    return ScoredModel(
        manifest["model"], manifest["kind"], manifest["digest"], mixture, folder, manifest["tokenizer_digest"]
    )


def external_model(name: str) -> ScoredModel:
    """A saved model given by its folder or Hub id.

    Raises:
        `InputError`: if there is no such folder or repository, or it holds no model.
    """
    folder = Path(name)
    if folder.is_dir():
        folder_digest = digest_files([folder / CONFIG, *weight_files(folder)])
        return ScoredModel(folder.resolve().name, "external", folder_digest, None, folder)
    return ScoredModel(name, "external", *_from_hub(name))


def _from_hub(name: str) -> tuple[str, None, Path]:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    repository, _, revision = name.partition("@")
    patterns = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
    try:
        folder = Path(snapshot_download(repository, revision=revision or None, allow_patterns=patterns))
    except (HfHubHTTPError, HFValidationError, OfflineModeIsEnabled, OSError) as error:
        raise InputError(
            f"{name} is neither a folder (looked for {Path(name).resolve()}) nor a model on the Hub that can be "
            f"fetched: {error}"
        ) from error
    return digest_files([folder / CONFIG, *weight_files(folder)]), None, folder


def load_model(folder: Path, dtype: str, device: str):
    """A saved causal language model, ready to be scored.

    Raises:
        `InputError`: if the folder holds none.
    """
    import torch
    from transformers import AutoModelForCausalLM

    config = json.loads((folder / CONFIG).read_text(encoding="utf-8")) if (folder / CONFIG).is_file() else {}
    architectures = config.get("architectures") or []
    if architectures and not any("CausalLM" in name or "LMHead" in name for name in architectures):
        raise InputError(f"{folder} holds {', '.join(architectures)}, which is no causal language model")
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype))
    except (ValueError, OSError, KeyError) as error:
        raise InputError(f"{folder} cannot be loaded as a causal language model: {error}") from error
    return model.eval().requires_grad_(False).to(device)


def load_tokenizer(folder: Path):
    """The tokenizer saved beside a model; `InputError` if there is none."""
    from transformers import AutoTokenizer

    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json", "tokenizer.model")):
        raise InputError(f"{folder} holds no tokenizer; save it there with `tokenizer.save_pretrained`")
    try:
        return AutoTokenizer.from_pretrained(folder)
    except (ValueError, OSError, KeyError) as error:
        raise InputError(f"the tokenizer in {folder} cannot be loaded: {error}") from error


def window_length(folder: Path, max_length: int | None) -> int:
    """How many tokens a window predicts: `max_length`, but no more than the model can read."""
    from transformers import AutoConfig

    limit = getattr(AutoConfig.from_pretrained(folder).get_text_config(), "max_position_embeddings", None)
    if not (limit or max_length):
        raise InputError(f"the configuration in {folder} sets no limit to the model's input; give `max_length`")
    return min(length for length in (limit, max_length) if length)


def default_device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
