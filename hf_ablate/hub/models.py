"""The models of a study as repositories: their files, with the cards and the merge files that are made for them."""

import json
import logging
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..evaluation.models.scored_model import proxy_digest
from ..evaluation.row_blocks import RowBlock
from ..evaluation.row_files import read_current_blocks
from ..evaluation.rows import ScoreRow
from ..manifest import MANIFEST, find_manifest, has_manifest, read_manifest
from ..merging.config import CONFIG_NAME, recorded_coefficients
from ..mixtures.proxies import MERGE
from ..run_folder import RunFolder, model_id, split_model_id
from ..saved_model import ADAPTER, CONFIG, weights_digest
from .cards import CardMetadata, DescribedModel, model_card
from .merge_config import hub_merge_yaml, weights_tag
from .places import LAYOUT
from .repository_ids import RepositoryIds
from .upload import ADAPTER_CONFIG, CARD, MODEL_FILES, Upload, matching_files


logger = logging.getLogger(__name__)


def model_uploads(run_folder: RunFolder, kind: str, ids: RepositoryIds, metadata: CardMetadata) -> list[Upload]:
    """The finished models of a kind, and the adapters of components.

    Args:
        run_folder ([`RunFolder`]): of the study.
        kind (`str`): `seed`, `component`, `reference` or `merged`.
        ids ([`RepositoryIds`]): of the study's repositories.
        metadata ([`CardMetadata`]): for the cards.

    Raises:
        `InputError`: for weights that their manifest does not describe.
    """
    from tqdm import tqdm

    scores = _scores_by_model(run_folder)
    seed = _seed_id(run_folder, ids)
    uploads = []
    pattern = LAYOUT.model(model_id(kind, "" if kind == "seed" else "*"))
    folders = [
        path
        for path in sorted(run_folder.pool.path.glob(str(pattern)))
        if path.is_dir() and not path.name.startswith(".")
    ]
    for folder in tqdm(folders, desc=f"check {kind} models", unit="model", disable=None, leave=False):
        if not has_manifest(folder):
            logger.warning("%s is not finished: it is left out", folder)
            continue
        manifest = read_manifest(folder)
        rows = _rows_of(manifest, scores)
        uploads.append(_model_upload(_described(folder, manifest, ids, seed, rows), folder, ids, metadata))
        if kind == "component" and (folder / ADAPTER / ADAPTER_CONFIG).is_file():
            uploads.append(_adapter_upload(folder, manifest, ids, seed, metadata))
    return uploads


def _described(
    folder: Path, manifest: dict[str, Any], ids: RepositoryIds, seed: str, rows: list[ScoreRow]
) -> DescribedModel:
    model = manifest["model"]
    base = _origin_of_seed(manifest) if manifest["kind"] == "seed" else seed
    if base == ids.of(model) or "init_seed" in manifest["arguments"]:
        base = ""  # a seed that was taken from its own repository, and a model with random weights of its own
    return DescribedModel(model, manifest, _read_json(folder / CONFIG), base, rows)


def _model_upload(model: DescribedModel, folder: Path, ids: RepositoryIds, metadata: CardMetadata) -> Upload:
    digest = model.manifest["digest"]
    if weights_digest(folder) != digest:
        raise InputError(
            f"the weights in {folder} are not those that its {MANIFEST} describes (digest {digest}); they were "
            "changed after they were made. Make the model again"
        )
    files: dict[str, Path | bytes] = {
        path.name: path
        for path in sorted(folder.iterdir())
        if path.is_file() and any(fnmatch(path.name, pattern) for pattern in MODEL_FILES)
    }
    merge_config = hub_merge_yaml(model.manifest, ids) if model.kind == MERGE.kind else None
    if merge_config:
        files[CONFIG_NAME] = merge_config.encode()
    files[CARD] = model_card(model, ids, metadata, merge_config).encode()
    return Upload(model.member, ids.of(model.member), "model", files, model.manifest, weights_tag(digest))


def _adapter_upload(
    folder: Path, manifest: dict[str, Any], ids: RepositoryIds, seed: str, metadata: CardMetadata
) -> Upload:
    """The LoRA adapter of a component, which is on the Hub as a whole model too, as a repository of its own."""
    _, unit = split_model_id(manifest["model"])
    model = DescribedModel(model_id("adapter", unit), manifest, _read_json(folder / CONFIG), seed, [])
    adapter = _read_json(folder / ADAPTER / ADAPTER_CONFIG)
    adapter["base_model_name_or_path"] = seed  # peft wrote a path on this machine
    files = matching_files(folder / ADAPTER, ("*.safetensors",))
    files[ADAPTER_CONFIG] = (json.dumps(adapter, indent=2) + "\n").encode()
    files[CARD] = model_card(model, ids, metadata).encode()
    return Upload(model.member, ids.of(model.member), "model", files, manifest)


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _scores_by_model(run_folder: RunFolder) -> dict[str, list[RowBlock]]:
    """The study's current score rows by model; empty if it has not been scored."""
    by_model: dict[str, list[RowBlock]] = {}
    if has_manifest(run_folder.scores):
        for block in read_current_blocks(run_folder.scores):
            by_model.setdefault(block.model, []).append(block)
    return by_model


def _rows_of(manifest: dict[str, Any], scores: dict[str, list[RowBlock]]) -> list[ScoreRow]:
    """The scores of exactly these weights; for a merged model those of the same average made in memory."""
    expected = manifest["digest"]
    if manifest["kind"] == MERGE.kind:
        expected = proxy_digest(MERGE.kind, recorded_coefficients(manifest), manifest["inputs"])
    blocks = scores.get(manifest["model"], [])
    return [row for block in blocks if block.shared["model_digest"] == expected for row in block]


def _seed_id(run_folder: RunFolder, ids: RepositoryIds) -> str:
    """The Hub id of the seed: of the released one if it was taken unchanged, else of the study's own."""
    manifest = find_manifest(run_folder.seed)
    return (_origin_of_seed(manifest) if manifest else "") or ids.of("seed")


def _origin_of_seed(manifest: dict[str, Any]) -> str:
    """The Hub id that a seed was taken from; empty for one trained from scratch or taken from a folder."""
    arguments = manifest["arguments"]
    if "revision" in arguments:  # adopted from the Hub
        return arguments["source"]
    return "" if "seed_model" in manifest["inputs"] else arguments.get("seed_model") or ""
