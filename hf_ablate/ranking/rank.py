"""`hf-ablate rank`: mixtures in the order of what is predicted of them, and the agreement with reference models."""

import logging
from dataclasses import asdict, replace
from pathlib import Path

from ..blas import one_blas_thread
from ..errors import InputError
from ..evaluation.scoring.task_results import read_results
from ..manifest import (
    digest,
    digest_files,
    find_manifest,
    fingerprint,
    has_manifest,
    is_finished,
    read_manifest,
    remove_manifest,
    write_manifest,
    write_text,
)
from ..mixtures.ranked import FORM, read_ranking
from ..prediction.fitted import fit_evidence
from ..prediction.read_evidence import candidate_mixtures, read_evidence
from ..prediction.surrogates import kernels_of
from ..prediction.transfer import scale_of
from ..records import records_text
from ..run_folder import RunFolder, split_model_id
from .agreement_tables import agreement_tables
from .agreements import make_agreement
from .arguments import RankArguments, RankSettings
from .measured import read_agreement
from .ranked import make_ranking
from .tables import ranking_table
from .targets import targets_of


logger = logging.getLogger(__name__)


def run(arguments: RankArguments) -> None:
    """Rank the mixtures, and print the ranking and its agreement as tables."""
    if arguments.dry_run:
        folder = RunFolder(arguments.run_dir).ranking
        split = arguments.split or "that was scored"
        print(
            f"rank the mixtures by {arguments.metric} on the split {split}{on_target(arguments.target)} into {folder}"
        )
        return
    settings = arguments.settings_on(scored_split(arguments.run_dir))
    rank_mixtures(arguments.run_dir, settings)
    ranking, agreement = read_ranking(arguments.run_dir), read_agreement(arguments.run_dir)
    if arguments.output_format == "json":
        print(records_text(ranking.content | agreement.content))
    else:
        print(ranking_table(ranking, ranking.study_target, arguments.top))
        print()
        print(agreement_tables(agreement))


def on_target(target: str | None) -> str:
    """What a plan says of the target; nothing of the mean of domains, which is the default."""
    return f", for the target {target}" if target else ""


def rank_mixtures(run_dir: Path, settings: RankSettings) -> None:
    """Write `ranking/ranking.json` and `ranking/agreement.json`; does nothing when they are up to date.

    Args:
        run_dir (`Path`): of a scored study.
        settings ([`RankSettings`]): what the ranking depends on besides the scores.

    Raises:
        `InputError`: for an unknown target, if the mixtures have not been scored, if models of several sizes or
            reference models of different budgets have been, and for reference models of another run folder that cannot
            judge.
    """
    inputs = _inputs(run_dir, settings)
    if is_finished(RunFolder(run_dir).ranking, fingerprint("rank", asdict(settings), inputs)):
        logger.info("ranking: unchanged, nothing to do")
    else:
        _rank(run_dir, settings, inputs)


@one_blas_thread()
def _rank(run_dir: Path, settings: RankSettings, inputs: dict[str, str]) -> None:
    run_folder = RunFolder(run_dir)
    own_scale, other = scale_of(run_dir), settings.references_folder(run_dir)
    evidence = read_evidence(run_dir, settings.metric, settings.split, settings.scale, other, settings.task_metric)
    evidence = replace(evidence, study_target=settings.target)
    targets = targets_of(evidence)
    fitted = fit_evidence(evidence, settings.predictor)
    header = {
        "metric": settings.metric,
        "target": evidence.target().name,
        "task_metric": settings.task_metric,
        "unit_of_measure": evidence.unit_of(evidence.target().weights),
        "split": settings.split,
        "reference_budget": inputs["reference_budget"],
        "proxy_scale": own_scale,
        "reference_scale": evidence.scale or own_scale,
        "references_from": settings.references_from,
    }
    ranking = make_ranking(fitted, candidate_mixtures(run_dir, evidence), targets, settings, header)
    agreement = make_agreement(fitted, targets, settings, header)
    remove_manifest(run_folder.ranking)
    write_text(run_folder.ranking_file, records_text(ranking.content) + "\n")
    write_text(run_folder.agreement_file, records_text(agreement) + "\n")
    files = [run_folder.ranking_file, run_folder.agreement_file]
    run_folder.ranked_scores_file.unlink(missing_ok=True)
    if ranking.scores:
        ranking.scores.write(run_folder.ranked_scores_file)
        files.append(run_folder.ranked_scores_file)
    kernels = kernels_of(fitted.table.proxies.values())  # found for all who fit the predictor
    write_manifest(run_folder.ranking, "rank", asdict(settings), inputs, digest=digest_files(files), kernels=kernels)


def is_ranked(run_dir: Path, settings: RankSettings) -> bool:
    """Whether the run folder holds the ranking of exactly these settings, scores and mixtures.

    Raises:
        `InputError`: as [`rank_mixtures`] does.
    """
    return is_finished(RunFolder(run_dir).ranking, fingerprint("rank", asdict(settings), _inputs(run_dir, settings)))


def _inputs(run_dir: Path, settings: RankSettings) -> dict[str, str]:
    run_folder, other = RunFolder(run_dir), settings.references_folder(run_dir)
    imported = has_manifest(run_folder.observations)
    needed = () if imported else (run_folder.scores, run_folder.mixtures)
    folders = [
        folder for folder in (run_folder.scores, run_folder.mixtures) if folder in needed or has_manifest(folder)
    ]
    return {
        **{folder.name: _digest_of(folder) for folder in [*folders, *([run_folder.observations] if imported else [])]},
        **({"groups": groups} if (groups := (find_manifest(run_folder.scores) or {}).get("groups")) else {}),
        **({} if other is None else {"references": _digest_of(RunFolder(other).scores)}),
        "reference_budget": reference_budget(other or run_dir) if run_folder.scores in folders else "unknown",
        **({"tasks": digest(sorted(map(str, tasks)))} if (tasks := _task_results(run_dir, other)) else {}),
        "form": FORM,
    }


def _task_results(*run_dirs: Path | None) -> list[dict]:
    """All results of downstream tasks in run folders."""
    folders = [RunFolder(run_dir).scores for run_dir in run_dirs if run_dir is not None]
    return [row for folder in folders for rows in read_results(folder).values() for row in rows]


def scored_split(run_dir: Path) -> str | None:
    """The split of the evaluation text that a study was scored on; `None` where all that is known was imported.

    Raises:
        `InputError`: if it has not been scored, and nothing was imported.
    """
    folder = RunFolder(run_dir)
    if has_manifest(folder.observations) and not has_manifest(folder.scores):
        return None
    return read_manifest(folder.scores)["arguments"]["split"]


def _digest_of(folder: Path) -> str:
    manifest = read_manifest(folder)
    return manifest.get("digest") or digest([manifest["fingerprint"], manifest.get("models")])


def reference_budget(run_dir: Path) -> str:
    """`fixed` or `union`, as the manifests of the scored reference models say; `unknown` where there are none.

    Raises:
        `InputError`: if reference models of both kinds are scored: their agreement would mean nothing.
    """
    folder = RunFolder(run_dir)
    trained_with: dict[str, str] = {}
    for model in read_manifest(folder.scores).get("models", {}):
        kind, mixture = split_model_id(model)
        manifest = find_manifest(folder.reference(mixture)) if kind == "reference" else None
        if manifest is not None:
            trained_with[manifest.get("reference_budget") or "unknown"] = mixture
    if len(trained_with) > 1:
        raise InputError(
            "reference models of different budgets are scored: "
            + "; ".join(f"{mixture} was trained with {budget}" for budget, mixture in sorted(trained_with.items()))
            + ". Train all of them with the same reference_budget"
        )
    return next(iter(trained_with), "unknown")
