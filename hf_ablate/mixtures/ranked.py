"""The ranking of a study's mixtures, as `hf-ablate rank` wrote it."""

import json
from pathlib import Path
from typing import Any

from ..manifest import read_manifest
from ..run_folder import RunFolder
from .proxies import PROXIES


MEAN = "macro"  # the key, in files, of the target that is the mean of all domains


def read_ranking(run_dir: Path) -> dict[str, Any]:
    """The ranking of a study, as `ranking/contents.py` describes it.

    Raises:
        `InputError`: if `hf-ablate rank` has not been run.
    """
    folder = RunFolder(run_dir)
    read_manifest(folder.ranking)
    return json.loads(folder.ranking_file.read_text(encoding="utf-8"))


def best_mixture(ranking: dict[str, Any]) -> str:
    """The id of the mixture that comes first on the mean of all domains, by the first proxy that is ranked."""
    return best_entry(ranking)[1]["mixture"]


def best_entry(ranking: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The first proxy that is ranked, and the entry that it puts first on the mean of all domains."""
    rankings = ranking["targets"][MEAN]["rankings"]
    kind = next(proxy.kind for proxy in PROXIES if rankings.get(proxy.kind))
    return kind, rankings[kind][0]
