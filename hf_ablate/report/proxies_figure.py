"""Every proxy against the reference models, with the components of each mixture behind them."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..ranking.tables import short_name
from .colours import Colours, colours_of
from .drawing import Drawing
from .ranked_study import RankedStudy
from .scatters import targets_shown
from .style import GREY, MUTED, WIDTH, label_text, panels


COMPONENT = "component"
_MARKERS = ("o", "s", "^", "D", "v", "P")  # of the proxies, in the order of tables


def proxies(study: RankedStudy) -> Drawing | None:
    """A panel per target: proxies with a marker per kind, components small behind.

    Args:
        study ([`RankedStudy`]): what the report is about.

    Returns:
        `Drawing | None`: `None` where no proxy of a mixture with a reference model was scored.
    """
    names = targets_shown(study)
    rows = _stand_ins(study, names)
    kinds = [kind for kind in study.ranking.ranked_by if any(row["predictor"] == kind for row in rows)]
    if not kinds:
        return None
    columns = min(3, len(names))
    figure, axes = panels(columns, -(-len(names) // columns), WIDTH, 2.5 + 0.13 * len(kinds))
    colours = colours_of(study)
    for panel, name in zip(axes, names, strict=False):
        _draw_panel(panel, [row for row in rows if row["target"] == name], kinds, colours)
        panel.set_title(label_text(short_name(name)) + "\n" * len(kinds), fontsize=8.5)
        panel.text(0, 1.03, _correlations(study, name, kinds), transform=panel.transAxes, fontsize=6.4, color=MUTED)
        panel.set_xlabel("proxy, or component")
        if panel.get_subplotspec().is_first_col():
            panel.set_ylabel("reference model")
    for panel in axes[len(names) :]:
        panel.set_visible(False)
    figure.legend(handles=_handles(study, kinds, colours, rows), loc="outside upper right", ncols=4, handletextpad=0.3)
    caption = (
        "The proxies of each mixture, as they were scored, against the model trained on it "
        f"({study.ranking.unit_of(*names)}, lower is better); small dots are the components of the mixture. What is "
        "on the dashed line scores as the model does."
    )
    return Drawing(figure, rows, caption)


def _correlations(study: RankedStudy, target: str, kinds: list[str]) -> str:
    """A line per proxy: Pearson and Spearman correlation with the reference models, with intervals."""
    lines = []
    for kind, marker in zip(kinds, "●■▲◆▼✚", strict=False):
        statistics = study.agreement.group(target)["predictors"].get(kind, {})
        numbers = [
            f"{label} {found['value']:.2f} [{found['low']:.2f}, {found['high']:.2f}]"
            for label, name in (("Pearson", "pearson"), ("Spearman", "spearman"))
            if (found := statistics.get(name, {"value": None}))["value"] is not None and found["low"] is not None
        ]
        lines.append(f"{marker} {'  '.join(numbers) or 'too few reference models for a correlation'}")
    return "\n".join(lines)


def _stand_ins(study: RankedStudy, targets: list[str]) -> list[dict[str, Any]]:
    """What stands in for each reference model of two units or more: proxies of its mixture, and components in it."""
    rows = []
    for target in targets:
        components = study.ranking.component_scores(target)
        seen: set[str] = set()
        for predictor in filter(study.is_proxy, study.ranking.ranked_by):
            for entry in study.ranking.entries(target, predictor):
                mixture = study.ranking.mixtures[entry["mixture_id"]]
                if entry["reference"] is None or mixture["number_of_units"] < 2:
                    continue
                row = {
                    "target": target, "mixture_id": entry["mixture_id"], "name": mixture["name"],
                    "number_of_units": mixture["number_of_units"], "reference": entry["reference"],
                }  # fmt: skip
                rows.append({**row, "predictor": predictor, "unit": None, "score": entry["as_scored"]})
                if entry["mixture_id"] in seen:
                    continue
                seen.add(entry["mixture_id"])
                rows += [
                    {**row, "predictor": COMPONENT, "unit": unit, "score": components[unit]}
                    for unit in mixture["mixture"]
                    if components.get(unit) is not None
                ]
    return rows


def _draw_panel(panel: Axes, rows: list[dict[str, Any]], kinds: list[str], colours: Colours) -> None:
    def drawn(predictor: str, **style: Any) -> None:
        chosen = [row for row in rows if row["predictor"] == predictor]
        panel.scatter([row["score"] for row in chosen], [row["reference"] for row in chosen], **style)

    drawn(COMPONENT, s=5, color=GREY, alpha=0.6, linewidths=0)
    for kind, marker in zip(kinds, _MARKERS, strict=False):
        of_kind = [colours.of(row["mixture_id"]) for row in rows if row["predictor"] == kind]
        drawn(kind, s=26, marker=marker, c=of_kind, linewidths=0.6, edgecolors="white", zorder=3)
    if rows:
        ends = [min(row["reference"] for row in rows), max(row["reference"] for row in rows)]
        panel.plot(ends, ends, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    panel.grid(True)
    panel.locator_params(nbins=5)
    panel.margins(0.07)


def _handles(study: RankedStudy, kinds: list[str], colours: Colours, rows: list[dict[str, Any]]) -> list[Line2D]:
    labels = [study.ranking.ranked_by[kind]["label"] for kind in kinds]
    return [
        *(
            Line2D([], [], marker=marker, linestyle="", color=MUTED, markersize=5.5, label=label)
            for marker, label in zip(_MARKERS, labels, strict=False)
        ),
        Line2D([], [], marker="o", linestyle="", color=GREY, markersize=2.5, label="components of the mixture"),
        Line2D([], [], color=GREY, linewidth=0.8, linestyle=(0, (2, 2)), label="equal"),
        *colours.handles({row["mixture_id"] for row in rows}),
    ]
