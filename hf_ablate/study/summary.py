"""What a run has done: a line per stage, and the study's answer."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..durations import duration_text
from ..manifest import MANIFEST, find_manifest, has_manifest, read_manifest
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import MERGE, find_proxy, is_of_trained_groups
from ..run_folder import TRAINED_KINDS, RunFolder
from ..text_table import paragraph


def state_of(stage: str, arguments: Any) -> dict[str, float]:
    """What a stage has made so far: a finished folder, or a file of results → when it was written.

    Args:
        stage (`str`): its name.
        arguments: of the stage.
    """
    run = RunFolder(arguments.run_dir)
    folders = {
        "partition": [run.corpus],
        "adopt": run.saved_models(*TRAINED_KINDS),
        "enumerate": [run.mixtures],
        "train": run.saved_models(*TRAINED_KINDS),
        "evaluate": [arguments.scores_dir] if stage == "evaluate" else [],
        "rank": [run.ranking],
        "merge": run.saved_models(MERGE.kind, *_kinds_of_trained_groups(run)),
        "report": [run.report],
    }[stage]
    made = {str(folder): (folder / MANIFEST).stat().st_mtime_ns for folder in folders if has_manifest(folder)}
    if stage != "evaluate" or not arguments.tasks:
        return made
    results = arguments.scores_dir.glob("tasks*.jsonl")  # have no manifest
    return made | {str(path): path.stat().st_mtime_ns for path in results}


def _kinds_of_trained_groups(run: RunFolder) -> list[str]:
    return [folder.name for folder in run.models.glob("*") if is_of_trained_groups(folder.name)]


def line_of(stage: str, arguments: Any, before: Mapping[str, float]) -> str:
    """What a stage did, in a line without its name.

    Args:
        stage (`str`): its name.
        arguments: of the stage.
        before (`Mapping[str, float]`): what [`state_of`] gave before it started.
    """
    made = [Path(folder) for folder, time in state_of(stage, arguments).items() if before.get(folder) != time]
    if not made:
        return "unchanged"
    describe = {
        "partition": _partitioned, "adopt": _adopted, "enumerate": _enumerated, "train": _trained,
        "evaluate": _evaluated, "rank": _ranked, "merge": _merged,
        "report": lambda folders: str(RunFolder(arguments.run_dir).page),
    }[stage]  # fmt: skip
    return describe(made)


def _partitioned(folders: list[Path]) -> str:
    manifest = read_manifest(folders[0])
    tokens = max((unit["tokens"] for unit in manifest["units"].values()), default=0)
    seed = f", {manifest['seed']['tokens']:,} tokens for the seed" if manifest["seed"] else ""
    domains = sum(len(next(iter(splits.values()))["domains"]) for splits in manifest["eval"].values())
    return f"{len(manifest['units'])} units of {tokens:,} tokens{seed}, evaluation text of {domains} domains"


def _adopted(folders: list[Path]) -> str:
    return f"{len(folders)} model{'s' * (len(folders) != 1)}"


def _enumerated(folders: list[Path]) -> str:
    manifest = read_manifest(folders[0])
    return f"{manifest['count']} mixtures, {manifest['references']} of them with a reference model"


def _trained(folders: list[Path]) -> str:
    manifests = [read_manifest(folder) for folder in folders]
    tokens, flops, seconds = (
        sum(manifest[name] or 0 for manifest in manifests) for name in ("tokens", "flops", "seconds")
    )
    count = f"{len(folders)} model{'s' * (len(folders) != 1)}"
    return f"{count}, {tokens:,} tokens, {flops:.3g} FLOPs, {duration_text(seconds)}"


def _evaluated(folders: list[Path]) -> str:
    if len(folders) > 1:
        return "; ".join(_evaluated([folder]) for folder in folders)
    if folders[0].is_file():
        return f"results of tasks in {folders[0]}"
    manifest = find_manifest(folders[0]) or {}
    if "models" not in manifest:
        return f"results in {folders[0]}"
    count = Counter(find_proxy(entry["kind"]) is not None for entry in manifest["models"].values())
    parts = [(count[False], "model", "models"), (count[True], "proxy", "proxies")]
    counts = " and ".join(f"{number} {one if number == 1 else several}" for number, one, several in parts if number)
    return f"{counts} on split {manifest['arguments']['split']}"


def _ranked(folders: list[Path]) -> str:
    settings = read_manifest(folders[0])["arguments"]
    return f"by {settings['metric'].replace('_', ' ')} on split {settings['split']}"


def _merged(folders: list[Path]) -> str:
    return "; ".join(f"{Mixture.of(read_manifest(folder)['mixture']).name}, saved in {folder}" for folder in folders)


def answer_of(run_dir: Path) -> dict[str, Any] | None:
    """The best mixture of a ranked study, its score, how it compares, and how far that can be trusted.

    Args:
        run_dir (`Path`): the run folder.

    Returns:
        `dict[str, Any] | None`: `mixture`, `score`, `reach`, `gain`, `tied`, `by`, `on`, `unit_of_measure`,
        and `trust`, a list of sentences.
    """
    if not has_manifest(RunFolder(run_dir).ranking):
        return None
    from ..report.headline import answer, trust
    from ..report.ranked_study import read_ranked_study

    study = read_ranked_study(run_dir)
    return answer(study) | {"unit_of_measure": study.ranking.unit_of_measure, "trust": trust(study)}


def answer_text(answer: Mapping[str, Any]) -> str:
    """The answer for people.

    Args:
        answer (`Mapping[str, Any]`): from [`answer_of`].
    """
    reach = f" ± {answer['reach']}" if answer["reach"] else ""
    best = (
        f"Train on: {answer['mixture']}. A model trained on it is expected to score {answer['score']}{reach} "
        f"{answer['unit_of_measure']} on {answer['on']} (lower is better; 90% interval){answer['gain']}. "
        f"{answer['tied']}"
    )
    return "\n".join(paragraph(text) for text in (best, *answer["trust"]))
