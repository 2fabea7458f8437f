"""`hf-ablate rank`: mixtures in the order of their proxies' scores, and the agreement with reference models."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..manifest import (
    digest,
    digest_files,
    find_manifest,
    fingerprint,
    is_finished,
    read_manifest,
    remove_manifest,
    write_json,
    write_manifest,
)
from ..mixtures.ranked import read_ranking
from ..run_folder import RunFolder, split_model_id
from .arguments import RankArguments, RankSettings
from .contents import make_agreement, make_ranking
from .scores import read_scores
from .tables import agreement_tables, ranking_table


logger = logging.getLogger(__name__)


def run(arguments: RankArguments) -> None:
    """Rank the mixtures, and print the ranking and its agreement as tables."""
    if arguments.dry_run:
        folder = RunFolder(arguments.run_dir).ranking
        print(f"rank the mixtures by {arguments.metric} on split {arguments.split} into {folder}")
        return
    rank_mixtures(arguments.run_dir, arguments.settings)
    ranking, agreement = read_ranking(arguments.run_dir), read_agreement(arguments.run_dir)
    if arguments.output_format == "json":
        print(json.dumps({"ranking": ranking, "agreement": agreement}, ensure_ascii=False))
    else:
        print(ranking_table(ranking, arguments.top))
        print()
        print(agreement_tables(agreement))


def rank_mixtures(run_dir: Path, settings: RankSettings) -> None:
    """Write `ranking/ranking.json` and `ranking/agreement.json`; does nothing when they are up to date.

    Raises:
        `InputError`: if the mixtures have not been scored, and if reference models of different budgets have been.
    """
    run_folder = RunFolder(run_dir)
    folder = run_folder.ranking
    budget = reference_budget(run_dir)
    inputs = {
        "scores": _digest_of(run_folder.scores),
        "mixtures": _digest_of(run_folder.mixtures),
        "reference_budget": budget,
    }
    if is_finished(folder, fingerprint("rank", asdict(settings), inputs)):
        logger.info("ranking: unchanged, nothing to do")
        return
    scores = read_scores(run_dir, settings.metric, settings.split)
    remove_manifest(folder)
    write_json(run_folder.ranking_file, make_ranking(scores, settings, budget))
    write_json(run_folder.agreement_file, make_agreement(scores, settings, budget))
    files = [run_folder.ranking_file, run_folder.agreement_file]
    write_manifest(folder, "rank", asdict(settings), inputs, digest=digest_files(files))


def read_agreement(run_dir: Path) -> dict[str, Any]:
    """The agreement of a study, as [`make_agreement`] made it.

    Raises:
        `InputError`: if `hf-ablate rank` has not been run.
    """
    folder = RunFolder(run_dir)
    read_manifest(folder.ranking)
    return json.loads(folder.agreement_file.read_text(encoding="utf-8"))


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
