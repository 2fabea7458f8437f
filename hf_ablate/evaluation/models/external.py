"""Models from outside a study: folders, pools, Hub ids, and merges that a mergekit YAML describes."""

from dataclasses import replace
from pathlib import Path

from ...errors import InputError
from ...hub_errors import hub_failures
from ...merging.components import check_components
from ...merging.config import CONFIG_NAME, read_merge_yaml
from ...mixtures.mixture import Mixture
from ...mixtures.proxies import MERGE
from ...remote_code import is_trusted
from ...run_folder import model_id
from ...saved_model import CONFIG, weights_digest
from ..text.tokens import digest_of_tokenizer
from .loading import causal_config, load_tokenizer
from .scored_model import Pool, ScoredModel
from .study import trained_models


def external_models(names: list[str]) -> list[ScoredModel]:
    """The models that names stand for.

    Args:
        names (`list[str]`): each a saved model's folder; a folder of such folders, or a run folder (all of its saved
            models); a mergekit YAML file with a linear merge; or a Hub id, `ORG/NAME` or `ORG/NAME@REVISION`.

    Raises:
        `InputError`: for a name that is none of these, and for models that are not causal language models or cannot
            be averaged.
    """
    return [model for name in names for model in _models_of(name)]


def _models_of(name: str) -> list[ScoredModel]:
    path = Path(name)
    if path.is_file():
        if path.suffix not in (".yml", ".yaml"):
            raise InputError(f"{path} is a file; expected a model's folder, a mergekit YAML file or a Hub id")
        return [_merge(path)]
    if not path.is_dir():
        return [_saved(fetch_model(name), name)]
    if (path / CONFIG).is_file():
        return [_saved(path, path.resolve().name)]
    models = trained_models(path) or [_saved(child, child.name) for child in _model_folders(path)]
    if not models:
        raise InputError(f"{path} is not a saved model (it has no {CONFIG}), and neither is any of its folders")
    return models


def _model_folders(path: Path) -> list[Path]:
    return sorted(child for child in path.iterdir() if (child / CONFIG).is_file())


def _saved(folder: Path, name: str) -> ScoredModel:
    causal_config(folder)
    return ScoredModel(name, "external", weights_digest(folder), None, folder)


def _merge(path: Path) -> ScoredModel:
    """A linear merge, called after the file, or after the folder that a `mergekit_config.yml` was saved in."""
    weights = read_merge_yaml(path)
    folders = {name: _find_model(name, path) for name in weights}
    units = {name: _unit_name(name, weights) for name in weights}
    mixture = Mixture.of({units[name]: weight for name, weight in weights.items()})
    averaged = {units[name]: folder for name, folder in folders.items() if units[name] in mixture.weights}
    check_components(averaged)
    pool = Pool({unit: _component(unit, folder) for unit, folder in averaged.items()})
    first, *others = pool.components.values()
    for other in others:
        if other.tokenizer_digest != first.tokenizer_digest:
            raise InputError(
                f"{first.folder} and {other.folder} have different tokenizers, so an average of them means nothing; "
                "merge models with the same tokenizer"
            )
    name = path.resolve().parent.name if path.name == CONFIG_NAME else path.stem
    return replace(pool.proxy(MERGE, mixture), id=name)


def _component(unit: str, folder: Path) -> ScoredModel:
    tokenizer = digest_of_tokenizer(load_tokenizer(folder))
    return ScoredModel(
        model_id("component", unit), "component", weights_digest(folder), Mixture.uniform([unit]), folder, tokenizer
    )


def _unit_name(name: str, names: dict[str, float]) -> str:
    """The last part of a path or Hub id where that is unique."""
    last = Path(name).name
    return last if sum(Path(other).name == last for other in names) == 1 else name


def _find_model(name: str, config: Path) -> Path:
    """A model that a YAML names: a path, as mergekit reads it or relative to a folder above the file, or a Hub id."""
    for base in (Path(), *config.resolve().parents):
        if (base / name).is_dir():
            return base / name
    return fetch_model(name)


def fetch_model(name: str) -> Path:
    """The folder in the cache of a model on the Hub, fetched where it is not there; of its files, what scoring needs.

    Args:
        name (`str`): `ORG/NAME` or `ORG/NAME@REVISION`.

    Raises:
        `InputError`: if it cannot be fetched.
    """
    from huggingface_hub import snapshot_download

    repository, _, revision = name.partition("@")
    patterns = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
    patterns += ["*.py"] if is_trusted() else []
    what = f"{name} is neither a folder (looked for {Path(name).resolve()}) nor a model on the Hub that can be fetched"
    with hub_failures(what, OSError):
        folder = Path(snapshot_download(repository, revision=revision or None, allow_patterns=patterns))
        if not any(folder.glob("*.safetensors")):
            snapshot_download(repository, revision=revision or None, allow_patterns="pytorch_model*.bin")
    return folder
