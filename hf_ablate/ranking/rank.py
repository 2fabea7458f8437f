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
from .arguments import RankArguments
from .contents import make_agreement, make_ranking
from .scores import read_scores
from .tables import agreement_tables, ranking_table


logger = logging.getLogger(__name__)
_PRINT_ONLY = ("run_dir", "dry_run", "output_format", "top")


def run(arguments: RankArguments) -> None:
    """Write `ranking/ranking.json` and `ranking/agreement.json`, and print both as tables."""
    run_folder = RunFolder(arguments.run_dir)
    folder = run_folder.ranking
    if arguments.dry_run:
        print(f"rank the mixtures by {arguments.metric} on split {arguments.split} into {folder}")
        return
    settings = {name: value for name, value in asdict(arguments).items() if name not in _PRINT_ONLY}
    budget = reference_budget(arguments.run_dir)
    inputs = {
        "scores": _digest_of(run_folder.scores),
        "mixtures": _digest_of(run_folder.mixtures),
        "reference_budget": budget,
    }
    if is_finished(folder, fingerprint("rank", settings, inputs)):
        logger.info("ranking: unchanged, nothing to do")
    else:
        scores = read_scores(arguments.run_dir, arguments.metric, arguments.split)
        remove_manifest(folder)
        write_json(run_folder.ranking_file, make_ranking(scores, settings, budget))
        write_json(run_folder.agreement_file, make_agreement(scores, settings, budget))
        files = [run_folder.ranking_file, run_folder.agreement_file]
        write_manifest(folder, "rank", settings, inputs, digest=digest_files(files))
    ranking, found = read_ranking(arguments.run_dir), read_agreement(arguments.run_dir)
    if arguments.output_format == "json":
        print(json.dumps({"ranking": ranking, "agreement": found}, ensure_ascii=False))
    else:
        print(ranking_table(ranking, arguments.top))
        print()
        print(agreement_tables(found))


def read_agreement(run_dir: Path) -> dict[str, Any]:
    """The agreement of a study, as [`make_agreement`] made it."""
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
    found: dict[str, str] = {}
    for model in read_manifest(folder.scores).get("models", {}):
        kind, mixture = split_model_id(model)
        manifest = find_manifest(folder.reference(mixture)) if kind == "reference" else None
        if manifest is not None:
            found[manifest.get("reference_budget") or "unknown"] = mixture
    if len(found) > 1:
        raise InputError(
            "reference models of different budgets are scored: "
            + "; ".join(f"{mixture} was trained with {budget}" for budget, mixture in sorted(found.items()))
            + ". Train all of them with the same reference_budget"
        )
    return next(iter(found), "unknown")
