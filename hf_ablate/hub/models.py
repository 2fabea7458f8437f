"""The models of a study as repositories: their files, with the cards and the merge files that are made for them."""

import json
import logging
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..evaluation.rows import ScoreRow, read_current_rows
from ..evaluation.scored_model import proxy_digest
from ..manifest import MANIFEST, read_manifest
from ..merging.config import CONFIG_NAME
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import MERGE
from ..saved_model import CONFIG, weights_digest
from .arguments import PushArguments
from .cards import model_card
from .merge_config import hub_merge_yaml, weights_tag
from .names import Names
from .upload import ADAPTER_CONFIG, CARD, MODEL_FILES, Upload, found_files


logger = logging.getLogger(__name__)
ADAPTER = "adapter"


def model_uploads(arguments: PushArguments, names: Names, pattern: str) -> list[Upload]:
    """The finished models in the folders of `models/` that match, and the adapters of components.

    Raises:
        `InputError`: for weights that their manifest does not describe.
    """
    from tqdm import tqdm

    scores = _scores_by_model(arguments.run_dir)
    uploads = []
    folders = sorted((arguments.run_dir / "models").glob(pattern))
    for folder in tqdm(folders, desc=f"check {pattern}", unit="model", disable=None, leave=False):
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        if not (folder / MANIFEST).is_file():
            logger.warning("%s is not finished: it is left out", folder)
            continue
        uploads.append(_model(arguments, names, folder, scores))
        if uploads[-1].facts["kind"] == "component" and (folder / ADAPTER / ADAPTER_CONFIG).is_file():
            uploads.append(_adapter(arguments, names, folder, uploads[-1].facts))
    return uploads


def _model(arguments: PushArguments, names: Names, folder: Path, scores: dict[str, list[ScoreRow]]) -> Upload:
    manifest = read_manifest(folder)
    seed = _origin_of_seed(manifest) if manifest["kind"] == "seed" else _seed_id(arguments.run_dir, names)
    seed = "" if seed == names.of(manifest["model"]) else seed  # a seed that was taken from here
    files: dict[str, Path | bytes] = {
        path.name: path
        for path in sorted(folder.iterdir())
        if path.is_file() and any(fnmatch(path.name, pattern) for pattern in MODEL_FILES)
    }
    if weights_digest(folder) != manifest["digest"]:
        raise InputError(
            f"the weights in {folder} are not those that its {MANIFEST} describes (digest {manifest['digest']}); they "
            "were changed after they were made. Make the model again"
        )
    merge_config = hub_merge_yaml(manifest, names) if manifest["kind"] == "merged" else None
    if merge_config:
        files[CONFIG_NAME] = merge_config.encode()
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    member = manifest["model"]
    card = model_card(
        member, manifest, config, names, seed, _rows_of(manifest, scores), license=arguments.license,
        language=arguments.language, merge_config=merge_config,
    )  # fmt: skip
    tag = weights_tag(manifest["digest"])
    return Upload(member, names.of(member), "model", {**files, CARD: card.encode()}, manifest, tag)


def _adapter(arguments: PushArguments, names: Names, folder: Path, manifest: dict[str, Any]) -> Upload:
    """The LoRA adapter of a component, which is on the Hub as a whole model too, as a repository of its own."""
    member = f"{ADAPTER}:{folder.name}"
    seed = _seed_id(arguments.run_dir, names)
    adapter = json.loads((folder / ADAPTER / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    adapter["base_model_name_or_path"] = seed  # peft wrote a path of this machine
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    card = model_card(
        member, manifest, config, names, seed, [], license=arguments.license, language=arguments.language
    )
    files: dict[str, Path | bytes] = {**found_files(folder / ADAPTER, ("*.safetensors",))}
    files |= {ADAPTER_CONFIG: (json.dumps(adapter, indent=2) + "\n").encode(), CARD: card.encode()}
    return Upload(member, names.of(member), "model", files, manifest)


def _scores_by_model(run_dir: Path) -> dict[str, list[ScoreRow]]:
    """The study's current score rows by model; none where it has not been scored."""
    found: dict[str, list[ScoreRow]] = {}
    if (run_dir / "scores" / MANIFEST).is_file():
        for row in read_current_rows(run_dir / "scores"):
            found.setdefault(row.model, []).append(row)
    return found


def _rows_of(manifest: dict[str, Any], scores: dict[str, list[ScoreRow]]) -> list[ScoreRow]:
    """The scores of exactly these weights; for a merged model those of the same average made in memory."""
    expected = manifest["digest"]
    if manifest["kind"] == "merged":
        expected = proxy_digest(MERGE, Mixture.of(manifest["mixture"]), manifest["inputs"])
    return [row for row in scores.get(manifest["model"], []) if row.model_digest == expected]


def _seed_id(run_dir: Path, names: Names) -> str:
    """The Hub id of the seed: of the released one where it was taken unchanged, else of the study's own."""
    path = run_dir / "models" / "seed" / MANIFEST
    released = _origin_of_seed(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ""
    return released or names.of("seed")


def _origin_of_seed(manifest: dict[str, Any]) -> str:
    """The Hub id that a seed was taken from; empty for one trained from scratch or taken from a folder."""
    return "" if "seed_model" in manifest["inputs"] else manifest["arguments"].get("seed_model") or ""
