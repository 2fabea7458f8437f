"""`hf-ablate rank`: mixtures in the order of their proxies' scores, and the agreement with reference models."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..manifest import (
    MANIFEST,
    digest,
    digest_files,
    fingerprint,
    is_finished,
    read_manifest,
    write_json,
    write_manifest,
)
from .arguments import RankArguments
from .contents import make_agreement, make_ranking
from .scores import read_scores
from .tables import agreement_tables, ranking_table


logger = logging.getLogger(__name__)
_PRINT_ONLY = ("run_dir", "dry_run", "output_format", "top")


def run(arguments: RankArguments) -> None:
    """Write `ranking/ranking.json` and `ranking/agreement.json`, and print both as tables."""
    folder = arguments.run_dir / "ranking"
    if arguments.dry_run:
        print(f"rank the mixtures by {arguments.metric} on split {arguments.split} into {folder}")
        return
    settings = {name: value for name, value in asdict(arguments).items() if name not in _PRINT_ONLY}
    budget = reference_budget(arguments.run_dir)
    inputs = {
        "scores": _digest_of(arguments.run_dir / "scores"),
        "mixtures": _digest_of(arguments.run_dir / "mixtures"),
        "reference_budget": budget,
    }
    if is_finished(folder, fingerprint("rank", settings, inputs)):
        logger.info("ranking: unchanged, nothing to do")
    else:
        scores = read_scores(arguments.run_dir, arguments.metric, arguments.split)
        (folder / MANIFEST).unlink(missing_ok=True)
        write_json(folder / "ranking.json", make_ranking(scores, settings, budget))
        write_json(folder / "agreement.json", make_agreement(scores, settings, budget))
        files = [folder / "ranking.json", folder / "agreement.json"]
        write_manifest(folder, "rank", settings, inputs, digest=digest_files(files))
    ranking, found = read_ranking(arguments.run_dir), read_agreement(arguments.run_dir)
    if arguments.output_format == "json":
        print(json.dumps({"ranking": ranking, "agreement": found}, ensure_ascii=False))
    else:
        print(ranking_table(ranking, arguments.top))
        print()
        print(agreement_tables(found))


def read_ranking(run_dir: Path) -> dict[str, Any]:
    """The ranking of a study, as [`make_ranking`] made it."""
    read_manifest(run_dir / "ranking")
    return json.loads((run_dir / "ranking" / "ranking.json").read_text(encoding="utf-8"))


def read_agreement(run_dir: Path) -> dict[str, Any]:
    """The agreement of a study, as [`make_agreement`] made it."""
    read_manifest(run_dir / "ranking")
    return json.loads((run_dir / "ranking" / "agreement.json").read_text(encoding="utf-8"))


def _digest_of(folder: Path) -> str:
    manifest = read_manifest(folder)
    return manifest.get("digest") or digest([manifest["fingerprint"], manifest.get("models")])


def reference_budget(run_dir: Path) -> str:
    """`fixed` or `union`, as the manifests of the scored reference models say; `unknown` where there are none.

    Raises:
        `InputError`: if reference models of both kinds are scored: their agreement would mean nothing.
    """
    scored = read_manifest(run_dir / "scores").get("models", {})
    found: dict[str, str] = {}
    for model in scored:
        kind, _, mixture = model.partition(":")
        path = run_dir / "models" / "references" / mixture / MANIFEST
        if kind == "reference" and path.is_file():
            found[json.loads(path.read_text(encoding="utf-8")).get("reference_budget") or "unknown"] = mixture
    if len(found) > 1:
        raise InputError(
            "reference models of different budgets are scored: "
            + "; ".join(f"{mixture} was trained with {budget}" for budget, mixture in sorted(found.items()))
            + ". Train all of them with the same reference_budget"
        )
    return next(iter(found), "unknown")
