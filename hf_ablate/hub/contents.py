"""What of a study goes to the Hub: its models, data sets and report, each as a repository with a card."""

import json
from collections.abc import Callable
from pathlib import Path

from ..errors import InputError
from ..manifest import MANIFEST, read_manifest
from .arguments import PushArguments
from .dataset_cards import corpus_card, eval_card, report_card, scores_card
from .models import model_uploads
from .names import Names
from .tables import result_tables
from .upload import CARD, Upload, found_files


METRICS_FOLDER = Path(__file__).parent.parent / "metrics"


def collect(arguments: PushArguments) -> list[Upload]:
    """All repositories that the arguments ask for, in the order in which they are pushed.

    Raises:
        `InputError`: for a part that is asked for by name and not there, and for weights that their manifest does
            not describe.
    """
    names = Names(arguments.repo_prefix)
    makers: dict[str, Callable[[], list[Upload]]] = {
        "corpus": lambda: _corpus(arguments, names),
        "seed": lambda: model_uploads(arguments, names, "seed"),
        "components": lambda: model_uploads(arguments, names, "components/*"),
        "references": lambda: model_uploads(arguments, names, "references/*"),
        "merged": lambda: model_uploads(arguments, names, "merged/*"),
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


def _corpus(arguments: PushArguments, names: Names) -> list[Upload]:
    folder = arguments.run_dir / "corpus"
    if not (folder / MANIFEST).is_file():
        return []
    manifest = read_manifest(folder)
    patterns = (
        "units/*/*.arrow", "seed/*.arrow", "tokenizer/*.json", "tokenizer/*.txt", "tokenizer/*.model", "removed.json",
        MANIFEST,
    )  # fmt: skip
    files = found_files(folder, patterns)
    splits: dict[str, list[str]] = {}
    for path in files:
        if path.endswith(".arrow"):
            own = splits.setdefault(path.split("/")[-2], [])
            split = path.rsplit("/", 1)[1].split("-")[0]
            own += [split] if split not in own else []
    splits = {name: sorted(own, key=["train", "validation", "test"].index) for name, own in splits.items()}
    text = found_files(folder / "eval", ("*/*/*.jsonl", "*/*/*.jsonl.gz"))
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
    files = found_files(
        run_dir, ("scores/*.jsonl", f"scores/{MANIFEST}", "mixtures/mixtures.jsonl", f"mixtures/{MANIFEST}")
    )
    ranking, references = None, 0
    if (run_dir / "ranking" / MANIFEST).is_file():
        files |= found_files(run_dir, ("ranking/ranking.json", "ranking/agreement.json", f"ranking/{MANIFEST}"))
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
    files = found_files(folder, ("index.html", "figures/*.png", "figures/*.pdf", MANIFEST))
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
        files: dict[str, Path | bytes] = {
            **found_files(folder, (f"{folder.name}.py", "app.py", CARD, "requirements.txt"))
        }
        local, on_hub = (f'evaluate.load("{name}")'.encode() for name in (folder.name, names.of(member)))
        for path in ("app.py", CARD):  # a Space loads its own module from the Hub
            files[path] = (folder / path).read_bytes().replace(local, on_hub)
        uploads.append(Upload(member, names.of(member), "space", files, space_sdk="gradio"))
    return uploads
