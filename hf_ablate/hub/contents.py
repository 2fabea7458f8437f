"""What of a study goes to the Hub: its models, data sets and report, each as a repository with a card."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ..errors import InputError
from ..manifest import MANIFEST, has_manifest, read_manifest
from ..mixtures.ranked import Ranking, read_ranking
from ..ranking.measured import Agreement, read_agreement
from ..run_folder import TRAINED_KINDS, RunFolder, model_id
from .cards import CardMetadata
from .dataset_cards import DATA, corpus_card, eval_card, explorer_card, report_card, scores_card
from .models import model_uploads
from .places import LAYOUT, RUN
from .repository_ids import RepositoryIds
from .tables import result_tables
from .upload import CARD, Upload, content_of, matching_files


METRICS_FOLDER = Path(__file__).parent.parent / "metrics"
_MODEL_KINDS = {"seed": "seed", "components": "component", "references": "reference", "merged": "merged"}
_PARTS = ("corpus", *_MODEL_KINDS, "scores", "report", "explorer")  # in the order in which they are pushed
_TRAINING_SPLITS = ("train", "validation", "test")


def collect(
    run_dir: Path, parts: list[str], ids: RepositoryIds, metadata: CardMetadata, corpus_metadata: CardMetadata
) -> list[Upload]:
    """The repositories of some parts of a study, in the order in which they are pushed.

    Args:
        run_dir (`Path`): the study's run folder.
        parts (`list[str]`): values of `--what`.
        ids ([`RepositoryIds`]): of the study's repositories.
        metadata ([`CardMetadata`]): for the cards of models.
        corpus_metadata ([`CardMetadata`]): for the cards of the corpus and its evaluation text.

    Raises:
        `InputError`: for a part that is asked for by name and not there, and for weights that their manifest does
            not describe.
    """
    run_folder = RunFolder(run_dir)
    uploads: list[Upload] = []
    for part in _PARTS:
        if part not in parts and "all" not in parts:
            continue
        if part == "corpus":
            of_part = _corpus_uploads(run_folder, ids, corpus_metadata)
        elif part == "scores":
            of_part = _scores_uploads(run_folder, ids)
        elif part == "report":
            of_part = _report_uploads(run_folder, ids)
        elif part == "explorer":
            of_part = _explorer_uploads(run_folder, ids)
        else:
            of_part = model_uploads(run_folder, _MODEL_KINDS[part], ids, metadata)
        if not of_part and part in parts:
            raise InputError(f"{run_dir} holds no finished {part}; `hf-ablate run` makes it")
        uploads += of_part
    if "metrics" in parts:
        uploads += _metric_uploads(ids)
    if not uploads:
        raise InputError(f"{run_dir} holds nothing that is finished, so there is nothing to push")
    return uploads


def _corpus_uploads(run_folder: RunFolder, ids: RepositoryIds, metadata: CardMetadata) -> list[Upload]:
    """The token blocks, and the evaluation text if there is any."""
    if not has_manifest(run_folder.corpus):
        return []
    manifest = read_manifest(run_folder.corpus)
    patterns = (
        LAYOUT.unit("*") / "*.arrow", LAYOUT.seed_text / "*.arrow", LAYOUT.tokenizer / "*.json",
        LAYOUT.tokenizer / "*.txt", LAYOUT.tokenizer / "*.model", LAYOUT.corpus / "removed.json",
        LAYOUT.corpus / MANIFEST,
    )  # fmt: skip
    files = matching_files(run_folder.corpus, [pattern.relative_to(LAYOUT.corpus) for pattern in patterns])
    card = corpus_card(manifest, ids, _splits_by_unit(files), metadata)
    uploads = [Upload("corpus", ids.of("corpus"), "dataset", {**files, CARD: card.encode()}, manifest)]
    text = matching_files(run_folder.eval, ("*/*/*.jsonl", "*/*/*.jsonl.gz"))
    if text:
        sources: dict[str, list[str]] = {}
        for source, split in sorted({PurePosixPath(path).parts[:2] for path in text}, reverse=True):
            sources.setdefault(source, []).append(split)  # val before test
        card = eval_card(manifest, ids, dict(sorted(sources.items())), metadata)
        uploads.append(Upload("eval", ids.of("eval"), "dataset", {**text, CARD: card.encode()}, manifest))
    return uploads


def _splits_by_unit(paths: Iterable[str]) -> dict[str, list[str]]:
    """Unit, or `seed` → the splits of its token blocks, by the names of the files: `<split>-00000.arrow`."""
    splits: dict[str, set[str]] = {}
    for path in map(PurePosixPath, paths):
        if path.suffix == ".arrow":
            splits.setdefault(path.parent.name, set()).add(path.name.split("-")[0])
    return {unit: sorted(names, key=_TRAINING_SPLITS.index) for unit, names in splits.items()}


def _scores_uploads(run_folder: RunFolder, ids: RepositoryIds) -> list[Upload]:
    """The score rows, mixtures, ranking and what follows from them: the study's own files, and tables of them."""
    if not has_manifest(run_folder.scores):
        return []
    patterns = [
        LAYOUT.scores / "*.jsonl", LAYOUT.scores / MANIFEST, LAYOUT.mixtures_file, LAYOUT.mixtures / MANIFEST,
    ]  # fmt: skip
    ranking: Ranking | None = None
    agreement: Agreement | None = None
    if has_manifest(run_folder.ranking):
        ranking, agreement = read_ranking(run_folder.path), read_agreement(run_folder.path)
        patterns += [LAYOUT.ranking_file, LAYOUT.ranked_scores_file, LAYOUT.agreement_file, LAYOUT.ranking / MANIFEST]
    for file in (LAYOUT.effects_file, LAYOUT.updates_file, LAYOUT.runs_file):
        if has_manifest(run_folder.path / file.parent):
            patterns += [file, file.parent / MANIFEST]
    files: dict[str, Path | bytes] = {
        f"{RUN}/{path}": file for path, file in matching_files(run_folder.path, patterns).items()
    }
    models = [read_manifest(folder) for folder in run_folder.saved_models(*TRAINED_KINDS)]
    tables = result_tables(run_folder, models, ranking, agreement)
    files |= {f"{DATA}/{name}.parquet": table for name, table in tables.items()}
    card = scores_card(ids, list(tables), ranking, agreement.references if agreement else 0)
    manifest = read_manifest(run_folder.scores)
    return [Upload("scores", ids.of("scores"), "dataset", {**files, CARD: card.encode()}, manifest)]


def _report_uploads(run_folder: RunFolder, ids: RepositoryIds) -> list[Upload]:
    """The page and its explorer, as a Space."""
    if not has_manifest(run_folder.report):
        return []
    figures = [LAYOUT.figures / f"*.{ending}" for ending in ("png", "pdf", "csv")]
    patterns = (LAYOUT.page, LAYOUT.explorer, *figures, LAYOUT.report / MANIFEST)
    files = matching_files(run_folder.report, [pattern.relative_to(LAYOUT.report) for pattern in patterns])
    manifest, files[CARD] = read_manifest(run_folder.report), report_card(ids).encode()
    return [Upload("report", ids.of("report"), "space", files, manifest, space_sdk="static")]


def _explorer_uploads(run_folder: RunFolder, ids: RepositoryIds) -> list[Upload]:
    """The explorer alone, as a Space, whose first page it is; its link to the report leads to that Space."""
    if not has_manifest(run_folder.report) or not run_folder.explorer.is_file():
        return []
    link, on_hub = LAYOUT.page.name, f"https://huggingface.co/spaces/{ids.of('report')}"
    page = content_of(run_folder.explorer).replace(f'href="{link}"'.encode(), f'href="{on_hub}"'.encode())
    files: dict[str, Path | bytes] = {LAYOUT.page.name: page, CARD: explorer_card(ids).encode()}
    manifest = read_manifest(run_folder.report)
    return [Upload("explorer", ids.of("explorer"), "space", files, manifest, space_sdk="static")]


def _metric_uploads(ids: RepositoryIds) -> list[Upload]:
    """The package's metric modules, each a Space with the module's name, as `evaluate.load` expects."""
    folders = [path.parent for path in sorted(METRICS_FOLDER.glob("*/*.py")) if path.stem == path.parent.name]
    if not folders:
        raise InputError(f"{METRICS_FOLDER} holds no metric module")
    uploads = []
    for folder in folders:
        member = model_id("metric", folder.name)
        files = matching_files(folder, (f"{folder.name}.py", "app.py", CARD, "requirements.txt"))
        local, on_hub = (f'evaluate.load("{name}")'.encode() for name in (folder.name, ids.of(member)))
        for path in ("app.py", CARD):  # a Space loads its own module from the Hub
            files[path] = content_of(folder / path).replace(local, on_hub)
        uploads.append(Upload(member, ids.of(member), "space", files, space_sdk="gradio"))
    return uploads
