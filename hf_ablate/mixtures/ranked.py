"""The ranking of a study's mixtures, as `hf-ablate rank` wrote it."""

import json
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..manifest import read_manifest
from ..run_folder import RunFolder
from .proxies import PROXIES, find_proxy


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


def ranked_kind(ranking: dict[str, Any], option: str | None = None) -> str:
    """The kind of the proxy that a word in an option stands for, which the mixtures were ranked by.

    Args:
        ranking (`dict`): as in `ranking.json`.
        option (`str`, *optional*): `merge` or `ensemble`; default: the first that is ranked.

    Raises:
        `InputError`: for any other word, and for a proxy that the mixtures were not ranked by.
    """
    rankings = ranking["targets"][MEAN]["rankings"]
    if option is None:
        return next(proxy.kind for proxy in PROXIES if rankings.get(proxy.kind))
    kind = find_proxy(option).kind
    if kind not in rankings:
        raise InputError(f"the mixtures were not ranked by the proxy {option!r}, but by {', '.join(rankings)}")
    return kind


def best_entry(ranking: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The first proxy that is ranked, and the entry that it puts first on the mean of all domains."""
    kind = ranked_kind(ranking)
    return kind, ranking["targets"][MEAN]["rankings"][kind][0]
