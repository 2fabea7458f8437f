"""Predicted scores against those of the reference models."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..ranking.measured import CHOSEN
from ..ranking.tables import short_name
from .colours import Colours, colours_of
from .drawing import Drawing
from .ranked_study import RankedStudy
from .style import GREY, MUTED, WIDTH, label_text, panels


MOST_SCATTERS = 12


def scatter(study: RankedStudy, predictor: str) -> Drawing | None:
    """Predicted against reference scores, a panel per target, a point per mixture.

    Args:
        study ([`RankedStudy`]): what the report is about.
        predictor (`str`): a proxy, as it was scored; or `chosen`, whose predictions of a model were made without it.
    """
    names = targets_shown(study)
    points = {name: _points(study, name, predictor) for name in names}
    if not any(points.values()):
        return None
    columns = min(4 if len(names) not in (3, 5, 6, 9) else 3, len(names))
    figure, axes = panels(columns, -(-len(names) // columns), WIDTH, 2.45)
    colours = colours_of(study)
    for panel, (name, own) in zip(axes, points.items(), strict=False):
        _scatter_panel(panel, own, colours, study.agreement.group(name)["predictors"][predictor])
        panel.set_title(f"{label_text(short_name(name))}\n", fontsize=8.5)
    for panel in axes[len(names) :]:
        panel.set_visible(False)
    for panel in axes[: len(names)]:
        if panel.get_subplotspec().is_first_col():
            panel.set_ylabel("reference model")
        panel.set_xlabel("predicted without it" if predictor == CHOSEN else "proxy")
    handles = colours.handles({point["mixture_id"] for own in points.values() for point in own})
    handles.append(Line2D([], [], color=GREY, linewidth=1, linestyle=(0, (4, 2)), label="least squares"))
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles), handletextpad=0.3, columnspacing=1.4)
    rows = [{"target": name, **point} for name, own in points.items() for point in own]
    label = scattered(study)[predictor]
    return Drawing(figure, rows, f"{label[0].upper()}{label[1:]}: each point is a mixture, what is predicted of it "
                   "against the score of the model trained on it "
                   f"({study.ranking.unit_of(*names)}, lower is better).")  # fmt: skip


def targets_shown(study: RankedStudy) -> list[str]:
    """The targets that have a panel: the study's, and those that were asked for or have columns in tables."""
    return [study.target, *study.columns][: None if study.asked else MOST_SCATTERS]


def scattered(study: RankedStudy) -> dict[str, str]:
    """The predictors that are drawn against reference models → what is read for them; the one that answers first."""
    proxies = {name: facts["label"] for name, facts in study.ranking.ranked_by.items() if study.is_proxy(name)}
    return ({CHOSEN: "the chosen predictor"} if study.judged == CHOSEN else {}) | proxies


def _points(study: RankedStudy, name: str, predictor: str) -> list[dict[str, Any]]:
    """The mixtures of several units that have a reference model: what is predicted of them, and its score.

    Of a proxy that answers, whose predictions are calibrated, it is the score that it has by itself.
    """
    entries = study.agreement.held_out.get(name, []) if predictor == CHOSEN else study.ranking.entries(name, predictor)
    mixtures = study.ranking.mixtures
    return [
        {name: mixtures[entry["mixture_id"]][name] for name in ("mixture_id", "name", "number_of_units")}
        | {"score": entry["as_scored" if study.is_proxy(predictor) else "score"], "reference": entry["reference"]}
        for entry in entries
        if entry["reference"] is not None and mixtures[entry["mixture_id"]]["number_of_units"] > 1
    ]


def _scatter_panel(
    panel: Axes, points: list[dict[str, Any]], colours: Colours, statistics: dict[str, dict[str, Any]]
) -> None:
    x, y = (np.array([point[name] for point in points]) for name in ("score", "reference"))
    if len(points) > 2 and np.ptp(x) > 0:
        ends = np.array([x.min(), x.max()])
        panel.plot(ends, np.polyval(np.polyfit(x, y, 1), ends), color=GREY, linewidth=1, linestyle=(0, (4, 2)))
    drawn = [colours.of(point["mixture_id"]) for point in points]
    panel.scatter(x, y, c=drawn, s=24, linewidths=0.6, edgecolors="white", zorder=3)
    panel.grid(True)
    panel.locator_params(nbins=4)
    panel.margins(0.09)
    numbers = [
        f"{label} {statistics[statistic]['value']:.2f}"
        for label, statistic in (("Pearson", "pearson"), ("Spearman", "spearman"))
        if statistics[statistic]["value"] is not None
    ]
    panel.text(0, 1.03, "  ·  ".join(numbers), transform=panel.transAxes, fontsize=7.2, color=MUTED)
