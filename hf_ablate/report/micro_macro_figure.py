"""Micro-merge beside macro-merge: which of the two proxies of a mixture is nearer to the model trained on it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..mixtures.grouping import Grouping
from ..mixtures.proxies import PROXIES, by_groups
from ..ranking.tables import described_target
from .drawing import Drawing
from .ranked_study import RankedStudy
from .style import ACCENT, GREY, SECOND, WIDTH, panels


def micro_macro_table(study: RankedStudy) -> list[dict[str, Any]]:
    """The mixtures with a reference model whose two merges differ: a record per proxy, field, target and mixture.

    Args:
        study ([`RankedStudy`]): with macro proxies, from `evaluate --merge_by`, which records the groups.

    Returns:
        `list[dict]`: `predictor` (that averages units), `field`, `target`, `mixture_id`, `name`, `groups` (their
        number), `imbalance` (the largest group's share, as a multiple of an equal share), `micro` and `macro` (the
        scores of the merges), `reference`, and `macro_nearer_by` (how much nearer the macro-merge is to it).
    """
    rows = []
    for proxy in PROXIES:
        for field, groups in study.scores.get("groups", {}).items():
            macro = by_groups(proxy, field).kind
            if study.is_proxy(proxy.kind) and study.is_proxy(macro):
                rows += _rows(study, Grouping(groups), proxy.kind, macro, field)
    return rows


def _rows(study: RankedStudy, grouping: Grouping, micro: str, macro: str, field: str) -> list[dict[str, Any]]:
    mixtures = dict(zip(study.ranking.mixtures, study.ranking.candidates, strict=True))
    rows = []
    for target in study.ranking.targets:
        of_macro = {entry["mixture_id"]: entry["as_scored"] for entry in study.ranking.entries(target, macro)}
        for entry in study.ranking.entries(target, micro):
            mixture = mixtures[entry["mixture_id"]]
            if entry["reference"] is None or grouping.regrouped(mixture).id == mixture.id:
                continue
            parts = grouping.parts(mixture)
            largest = max(sum(mixture.weights[unit] for unit in part.units) for part in parts)
            scores = {"micro": entry["as_scored"], "macro": of_macro[mixture.id], "reference": entry["reference"]}
            distance = {name: abs(scores[name] - scores["reference"]) for name in ("micro", "macro")}
            rows.append({
                "predictor": micro, "field": field, "target": target, "mixture_id": mixture.id,
                "name": mixture.name, "groups": len(parts), "imbalance": largest * len(parts), **scores,
                "macro_nearer_by": distance["micro"] - distance["macro"],
            })  # fmt: skip
    return rows


def micro_macro(study: RankedStudy) -> Drawing | None:
    """Two scatters, of micro- and of macro-merges against the reference models, and which is nearer by imbalance.

    A row for each kind of proxy and field; on the study's target.

    Args:
        study ([`RankedStudy`]): what the report is about.

    Returns:
        `Drawing | None`: `None` where no mixture with a reference model has two merges that differ.
    """
    table = micro_macro_table(study)
    rows = [row for row in table if row["target"] == study.target]
    pairs = list(dict.fromkeys((row["predictor"], row["field"]) for row in rows))
    if not pairs:
        return None
    figure, axes = panels(3, len(pairs), WIDTH, 2.7)
    for place, (predictor, field) in enumerate(pairs):
        of_pair = [row for row in rows if (row["predictor"], row["field"]) == (predictor, field)]
        micro, macro, nearer = axes[3 * place : 3 * place + 3]
        label = study.ranking.ranked_by[predictor]["label"]
        _scatter(micro, of_pair, "micro", f"micro-merge: {label}", ACCENT)
        _scatter(macro, of_pair, "macro", f"macro-merge: {label}, by {field}", SECOND)
        _difference(nearer, of_pair, study.ranking.unit_of_measure)
    caption = (
        "Micro-merges average units, macro-merges average one merge for each group. Above the line in the third "
        "panel, the macro-merge is nearer to the model trained on the mixture; on "
        f"{described_target(study.ranking, study.target)}."
    )
    return Drawing(figure, table, caption)


def _scatter(panel: Axes, rows: list[dict[str, Any]], kind: str, title: str, colour: str) -> None:
    x, y = (np.array([row[name] for row in rows]) for name in (kind, "reference"))
    panel.scatter(x, y, s=24, color=colour, linewidths=0.6, edgecolors="white", zorder=3)
    ends = [min(x.min(), y.min()), max(x.max(), y.max())]
    panel.plot(ends, ends, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    varies = len(rows) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0
    pearson = f"Pearson {np.corrcoef(x, y)[0, 1]:.2f}, n = {len(rows)}" if varies else f"n = {len(rows)}"
    panel.set_title(f"{title}\n{pearson}", fontsize=7.5)
    panel.set_xlabel(f"{kind}-merge")
    panel.set_ylabel("reference model")
    panel.grid(True)
    panel.locator_params(nbins=5)


def _difference(panel: Axes, rows: list[dict[str, Any]], unit_of_measure: str) -> None:
    x, y = (np.array([row[name] for row in rows]) for name in ("imbalance", "macro_nearer_by"))
    colours = [SECOND if value > 0 else ACCENT for value in y]
    panel.axhline(0, color=GREY, linewidth=0.8)
    panel.scatter(x, y, s=24, c=colours, linewidths=0.6, edgecolors="white", zorder=3)
    panel.set_title(f"the macro-merge is nearer for {(y > 0).sum()} of {len(rows)}", fontsize=7.5)
    panel.set_xlabel("imbalance: the largest group's share, in equal shares")
    panel.set_ylabel(f"macro nearer by ({unit_of_measure})")
    panel.grid(True)
    panel.locator_params(nbins=5)
