"""What of a study goes to the Hub: for every repository its files, by name, with the cards that are made for it."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..evaluation.models import ScoredModel, proxy_of
from ..evaluation.rows import ScoreRow, read_current_rows
from ..manifest import MANIFEST, digest_files, read_manifest
from ..merging.components import CONFIG, weight_files
from ..merging.config import CONFIG_NAME
from ..mixtures.mixture import Mixture
from .arguments import PushArguments
from .cards import model_card
from .dataset_cards import corpus_card, eval_card, report_card, scores_card
from .merge_config import hub_merge_yaml, weights_tag
from .names import Names
from .tables import result_tables


logger = logging.getLogger(__name__)

CARD = "README.md"
ADAPTER, ADAPTER_CONFIG = "adapter", "adapter_config.json"
# Named one by one, so that checkpoints, optimizer states, training arguments and pickles never leave the machine.
MODEL_FILES = (
    CONFIG, "generation_config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer.json",
    "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.*",
    "merges.txt", "chat_template.jinja", "configuration_*.py", "modeling_*.py", ADAPTER_CONFIG,
    "metrics.jsonl", MANIFEST,
)  # fmt: skip
METRICS_FOLDER = Path(__file__).parent.parent / "metrics"


@dataclass(frozen=True)
class Upload:
    """What one repository is to hold.

    Args:
        member (`str`): `seed`, `component:<unit>`, `corpus`, …
        repo_id (`str`), repo_type (`str`): where it goes; `model`, `dataset` or `space`.
        files (`dict[str, Path | bytes]`): path in the repository → file, or its content.
        facts (`dict`): the manifest that the list of the pool's members quotes.
        tag (`str`): the tag of the commit, for weights that merges refer to.
        space_sdk (`str`): for a Space, what runs it.
    """

    member: str
    repo_id: str
    repo_type: str
    files: dict[str, Path | bytes]
    facts: dict[str, Any] = field(default_factory=dict)
    tag: str = ""
    space_sdk: str = ""

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(len(item) if isinstance(item, bytes) else item.stat().st_size for item in self.files.values())


def collect(arguments: PushArguments) -> list[Upload]:
    """All repositories that the arguments ask for, in the order in which they are pushed.

    Raises:
        `InputError`: for a part that is asked for by name and not there, and for weights that their manifest does
            not describe.
    """
    names = Names(arguments.repo_prefix)
    makers: dict[str, Callable[[], list[Upload]]] = {
        "corpus": lambda: _corpus(arguments, names),
        "seed": lambda: _models(arguments, names, "seed"),
        "components": lambda: _models(arguments, names, "components/*"),
        "references": lambda: _models(arguments, names, "references/*"),
        "merged": lambda: _models(arguments, names, "merged/*"),
        "scores": lambda: _scores(arguments, names),
        "report": lambda: _report(arguments, names),
    }
    uploads = []
    for part, make in makers.items():
        if part in arguments.what or "all" in arguments.what:
            found = make()
            if not found and part in arguments.what:
                raise InputError(f"{arguments.run_dir} holds no finished {part}; `hf-ablate run` makes it")
            uploads += found
    if "metrics" in arguments.what:
        uploads += _metrics(names)
    if not uploads:
        raise InputError(f"{arguments.run_dir} holds nothing that is finished, so there is nothing to push")
    return uploads


def _models(arguments: PushArguments, names: Names, pattern: str) -> list[Upload]:
    from tqdm import tqdm

    scores = scores_by_model(arguments.run_dir)
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
    seed = origin_of_seed(manifest) if manifest["kind"] == "seed" else seed_id(arguments.run_dir, names)
    seed = "" if seed == names.of(manifest["model"]) else seed  # a seed that was taken from here
    files: dict[str, Path | bytes] = {
        path.name: path
        for path in sorted(folder.iterdir())
        if path.is_file() and any(fnmatch(path.name, pattern) for pattern in MODEL_FILES)
    }
    if digest_files([folder / CONFIG, *weight_files(folder)]) != manifest["digest"]:
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
    seed = seed_id(arguments.run_dir, names)
    adapter = json.loads((folder / ADAPTER / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    adapter["base_model_name_or_path"] = seed  # peft wrote a path of this machine
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    card = model_card(
        member, manifest, config, names, seed, [], license=arguments.license, language=arguments.language
    )
    files: dict[str, Path | bytes] = {**_found(folder / ADAPTER, ("*.safetensors",))}
    files |= {ADAPTER_CONFIG: (json.dumps(adapter, indent=2) + "\n").encode(), CARD: card.encode()}
    return Upload(member, names.of(member), "model", files, manifest)


def scores_by_model(run_dir: Path) -> dict[str, list[ScoreRow]]:
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
        mixture = Mixture.of(manifest["mixture"])
        components = {
            unit: ScoredModel(unit, "component", manifest["inputs"][unit], Mixture.uniform([unit]))
            for unit in mixture.units
        }
        expected = proxy_of("merged", mixture, components).digest
    return [row for row in scores.get(manifest["model"], []) if row.model_digest == expected]


def seed_id(run_dir: Path, names: Names) -> str:
    """The Hub id of the seed: of the released one where it was taken unchanged, else of the study's own."""
    path = run_dir / "models" / "seed" / MANIFEST
    released = origin_of_seed(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ""
    return released or names.of("seed")


def origin_of_seed(manifest: dict[str, Any]) -> str:
    """The Hub id that a seed was taken from; empty for one trained from scratch or taken from a folder."""
    return "" if "seed_model" in manifest["inputs"] else manifest["arguments"].get("seed_model") or ""


def _corpus(arguments: PushArguments, names: Names) -> list[Upload]:
    folder = arguments.run_dir / "corpus"
    if not (folder / MANIFEST).is_file():
        return []
    manifest = read_manifest(folder)
    patterns = (
        "units/*/*.arrow", "seed/*.arrow", "tokenizer/*.json", "tokenizer/*.txt", "tokenizer/*.model", "removed.json",
        MANIFEST,
    )  # fmt: skip
    files = _found(folder, patterns)
    splits: dict[str, list[str]] = {}
    for path in files:
        if path.endswith(".arrow"):
            own = splits.setdefault(path.split("/")[-2], [])
            split = path.rsplit("/", 1)[1].split("-")[0]
            own += [split] if split not in own else []
    splits = {name: sorted(own, key=["train", "validation", "test"].index) for name, own in splits.items()}
    text = _found(folder / "eval", ("*/*/*.jsonl", "*/*/*.jsonl.gz"))
    card = corpus_card(manifest, names, splits, arguments.corpus_license, arguments.language)
    uploads = [Upload("corpus", names.of("corpus"), "dataset", {**files, CARD: card.encode()}, manifest)]
    if text:
        sources: dict[str, list[str]] = {}
        for source, split in sorted({tuple(path.split("/")[:2]) for path in text}, reverse=True):
            sources.setdefault(source, []).append(split)  # val before test
        card = eval_card(manifest, names, dict(sorted(sources.items())), arguments.corpus_license, arguments.language)
        uploads.append(Upload("eval", names.of("eval"), "dataset", {**text, CARD: card.encode()}, manifest))
    return uploads


def _scores(arguments: PushArguments, names: Names) -> list[Upload]:
    run_dir = arguments.run_dir
    if not (run_dir / "scores" / MANIFEST).is_file():
        return []
    manifest = read_manifest(run_dir / "scores")
    files = _found(
        run_dir, ("scores/*.jsonl", f"scores/{MANIFEST}", "mixtures/mixtures.jsonl", f"mixtures/{MANIFEST}")
    )
    ranking, references = None, 0
    if (run_dir / "ranking" / MANIFEST).is_file():
        files |= _found(run_dir, ("ranking/ranking.json", "ranking/agreement.json", f"ranking/{MANIFEST}"))
        ranking = json.loads((run_dir / "ranking" / "ranking.json").read_text(encoding="utf-8"))
        agreement = json.loads((run_dir / "ranking" / "agreement.json").read_text(encoding="utf-8"))
        references = agreement["references"]
    folders = [run_dir / "models" / "seed", *sorted((run_dir / "models").glob("[cr]*/*"))]
    models = [read_manifest(folder) for folder in folders if (folder / MANIFEST).is_file()]
    tables = result_tables(run_dir, models)
    card = scores_card(names, list(tables), ranking, references)
    own = {f"data/{name}.parquet": table for name, table in tables.items()}
    files = {f"run/{path}": file for path, file in files.items()}
    return [Upload("scores", names.of("scores"), "dataset", {**files, **own, CARD: card.encode()}, manifest)]


def _report(arguments: PushArguments, names: Names) -> list[Upload]:
    folder = arguments.run_dir / "report"
    if not (folder / MANIFEST).is_file():
        return []
    files = _found(folder, ("index.html", "figures/*.png", "figures/*.pdf", MANIFEST))
    card = report_card(names)
    facts = read_manifest(folder)
    return [Upload("report", names.of("report"), "space", {**files, CARD: card.encode()}, facts, space_sdk="static")]


def _metrics(names: Names) -> list[Upload]:
    """The package's metric modules, each a Space of its own name, as `evaluate.load` expects."""
    folders = [path.parent for path in sorted(METRICS_FOLDER.glob("*/*.py")) if path.stem == path.parent.name]
    if not folders:
        raise InputError(f"{METRICS_FOLDER} holds no metric module")
    uploads = []
    for folder in folders:
        member = f"metric:{folder.name}"
        files = _found(folder, ("*.py", CARD, "requirements.txt"))
        uploads.append(Upload(member, names.of(member), "space", files, space_sdk="gradio"))
    return uploads


def _found(folder: Path, patterns: tuple[str, ...]) -> dict[str, Path]:
    """The files that match, by their path in the folder."""
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
    return {path.relative_to(folder).as_posix(): path for path in paths if not path.name.startswith(".")}
