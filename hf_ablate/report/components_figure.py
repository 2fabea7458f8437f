"""The table of a pool: every component on every domain, in the order of the groups."""

from typing import Any

import numpy as np

from .drawing import Drawing
from .ranked_study import RankedStudy
from .style import HEAT, INK, MUTED, WIDTH, label_text, panels


_MOST_LABELS = 45  # on a side; of more, every so many are named


def _table(study: RankedStudy) -> list[dict[str, Any]]:
    """Every component's score on every domain, and how much worse it is than the best component there, in per cent."""
    rows = []
    for target in study.target_names("domain"):
        scores = {unit: score for unit, score in study.ranking.component_scores(target).items() if score is not None}
        rows += [
            {
                "component": unit, "target": target, "score": score,
                "excess_percent": 100 * (score / min(scores.values()) - 1),
            }
            for unit, score in scores.items()
        ]  # fmt: skip
    return rows


def components(study: RankedStudy) -> Drawing | None:
    """A heat map: a row per component, a column per domain, both in the order of their names.

    Args:
        study ([`RankedStudy`]): what the report is about.

    Returns:
        `Drawing | None`: `None` for fewer than two components.
    """
    rows = _table(study)
    names = sorted({row["component"] for row in rows})
    targets = list(dict.fromkeys(row["target"] for row in rows))
    if len(names) < 2:
        return None
    values = np.full((len(names), len(targets)), np.nan)
    for row in rows:
        values[names.index(row["component"]), targets.index(row["target"])] = row["excess_percent"]
    figure, (panel,) = panels(1, 1, WIDTH, min(1.6 + 0.17 * len(names), 9))
    image = panel.imshow(
        values, cmap=HEAT, aspect="auto", vmin=0, vmax=np.nanpercentile(values, 95), interpolation="nearest"
    )
    every = -(-len(names) // _MOST_LABELS)
    panel.set_yticks(range(0, len(names), every), [label_text(name) for name in names[::every]])
    every = -(-len(targets) // _MOST_LABELS)
    labels = [label_text(target.rpartition("/")[2]) for target in targets[::every]]
    panel.set_xticks(range(0, len(targets), every), labels, rotation=60, ha="right", rotation_mode="anchor")
    panel.tick_params(length=0, labelcolor=INK)
    panel.set_ylabel("component")
    panel.set_xlabel("evaluated on")
    bar = figure.colorbar(image, ax=panel, shrink=0.6, pad=0.01)
    bar.set_label("% worse than the best component on the domain", color=MUTED, fontsize=7.5)
    bar.outline.set_visible(False)
    for spine in panel.spines.values():
        spine.set_visible(False)
    return Drawing(
        figure, rows, "Every component on every domain. The diagonal is a component on its own unit's text."
    )
