"""What `hf-ablate compare` says: tables of flat records, whose keys docs/json.md explains."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..manifest import find_manifest
from ..mixtures.mixture import Mixture
from ..mixtures.ranked import Ranking, read_ranking
from ..ranking.measured import CHOSEN, Agreement, read_agreement
from ..ranking.tables import target_text
from ..run_folder import RunFolder
from .facts import facts_of, varied_fact


logger = logging.getLogger(__name__)
STATISTICS = ("pearson", "spearman", "decision_accuracy", "regret")


def compare_runs(runs: list[Path], target: str | None = None, by: str | None = None) -> dict[str, Any]:
    """Compare ranked runs.

    Args:
        runs (`list[Path]`): their run folders.
        target (`str`, *optional*): what mixtures are judged on, see [`Ranking.target`]. Default: the study's target
            of the first run.
        by (`str`, *optional*): the fact that they are ordered by. Default: the first that differs, else the run.

    Returns:
        `dict`: the values `by`, `target`, `unit_of_measure`, and the tables `runs` and `comparison`.

    Raises:
        `InputError`: for a run that is not ranked, by another metric than the others or not on the target, and for a
            fact that it does not record.
    """
    rankings = [read_ranking(run) for run in runs]
    found = rankings[0].target(target)
    for run, ranking in zip(runs, rankings, strict=True):
        if found not in ranking.targets:
            raise InputError(f"{run} is not ranked on {found!r}; its targets are {', '.join(ranking.targets)}")
        if ranking.unit_of(found) != rankings[0].unit_of(found):
            raise InputError(
                f"{runs[0]} is ranked by {rankings[0].unit_of(found)} and {run} by {ranking.unit_of(found)}; rank "
                "both with the same metric"
            )
    rows = [
        {"run": name, **facts_of(run), **_scales(ranking)}
        for name, run, ranking in zip(_names(runs), runs, rankings, strict=True)
    ]
    by = by or varied_fact(rows) or "run"
    for run, row in zip(runs, rows, strict=True):
        if row[by] is None:
            raise InputError(f"{run} does not record {by!r}; order the runs by something else (--by)")
    _warn_of_other_text(runs, rankings, found)
    order = list(range(len(runs)))
    if by != "run":
        order.sort(key=lambda position: rows[position][by])
    return {
        "by": by,
        "target": found,
        "unit_of_measure": rankings[0].unit_of(found),
        "runs": [rows[position] for position in order],
        "comparison": [
            {"run": rows[position]["run"], **record}
            for position in order
            for record in _compared(rankings[position], read_agreement(runs[position]), found)
        ],
    }


def _names(runs: list[Path]) -> list[str]:
    """As much of the end of each path as tells it from the others."""
    parts = [run.resolve().parts[1:] for run in runs]
    length = next(
        count for count in range(1, 1 + max(map(len, parts))) if len({part[-count:] for part in parts}) == len(parts)
    )
    return ["/".join(part[-length:]) for part in parts]


def _scales(ranking: Ranking) -> dict[str, Any]:
    names = ("proxy_scale", "reference_scale", "reference_budget")
    return {name: ranking.content[name] for name in names}


def _warn_of_other_text(runs: list[Path], rankings: list[Ranking], target: str) -> None:
    """Losses on other text are other losses; agreement with reference models can be compared all the same."""
    scores = [find_manifest(RunFolder(run).scores) or {"measurement": {"data": None}} for run in runs]
    judged_on = [
        (ranking.members.get(target), made["measurement"]["data"])
        for ranking, made in zip(rankings, scores, strict=True)
    ]
    others = [str(run) for run, text in zip(runs, judged_on, strict=True) if text != judged_on[0]]
    if others:
        logger.warning(
            "the text of %s differs between %s and %s: compare their agreement, not their losses",
            target_text(target), ", ".join(others), runs[0],
        )  # fmt: skip


def _compared(ranking: Ranking, agreement: Agreement, target: str) -> list[dict[str, Any]]:
    """A record for each proxy, and for the choice among all predictors."""
    group = agreement.group(target) if agreement.references else {"n": 0, "predictors": {}}
    proxies = [name for name, row in agreement.predictors.items() if row["proxy"]]
    chosen = [CHOSEN] if CHOSEN in agreement.predictors else []
    records = []
    for name in [*chosen, *proxies]:
        statistics = group["predictors"].get(name, {})
        entries = ranking.entries(target, None if name == CHOSEN else name)
        records.append(
            {
                "predictor": name,
                "label": agreement.predictors[name]["label"],
                "n": group["n"],
                **{
                    f"{statistic}{suffix}": statistics[statistic][key] if statistics else None
                    for statistic in STATISTICS
                    for suffix, key in (("", "value"), ("_low", "low"), ("_high", "high"))
                },
                **_losses(ranking, entries, "score" if name == CHOSEN else "as_scored"),
            }
        )
    return records


def _losses(ranking: Ranking, entries: list[dict[str, Any]], score: str) -> dict[str, Any]:
    """The scores of the best mixture and of equal shares of all units; means over the mixtures with a reference.

    Args:
        ranking ([`Ranking`]): of the run.
        entries (`list[dict]`): of a predictor, best first.
        score (`str`): which of their scores, `score` or `as_scored`.
    """
    everything = Mixture.uniform(ranking.units).id
    uniform = [entry[score] for entry in entries if entry["mixture_id"] == everything]
    both = [(entry[score], entry["reference"]) for entry in entries if entry["reference"] is not None]
    mean, mean_reference = np.mean(both, axis=0).tolist() if both else (None, None)
    return {
        "best_score": min((entry[score] for entry in entries), default=None),
        "uniform_score": uniform[0] if uniform else None,
        "mean_score": mean,
        "mean_reference": mean_reference,
    }
