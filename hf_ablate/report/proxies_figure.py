"""Every proxy against the reference models, the components of each mixture behind them: is a merge nearer than a part?"""

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from .style import GREY, MUTED, SEQUENCE, WIDTH, label_text, panels


if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .ranked_study import RankedStudy

COMPONENT = "component"
_MOST_SIZES = 6  # in the legend
_MARKERS = ("o", "s", "^", "D", "v", "P")  # of the proxies, in the order of tables


def proxies_table(study: "RankedStudy") -> list[dict[str, Any]]:
    """What stands in for each reference model: a record per target, mixture, and proxy of it or component in it.

    Args:
        study ([`RankedStudy`]): what the report is about.

    Returns:
        `list[dict]`: `target`, `mixture_id`, `mixture`, `number_of_units`, `predictor` (a proxy, or `component`),
        `of` (the unit of a component), `score` and `reference`; of mixtures of two units or more.
    """
    rows = []
    for target in study.ranking.targets:
        components = study.ranking.component_scores(target)
        seen: set[str] = set()
        for predictor in filter(study.is_proxy, study.ranking.ranked_by):
            for entry in study.ranking.entries(target, predictor):
                mixture = study.ranking.mixtures[entry["mixture_id"]]
                if entry["reference"] is None or mixture["number_of_units"] < 2:
                    continue
                row = {
                    "target": target, "mixture_id": entry["mixture_id"], "mixture": mixture["name"],
                    "number_of_units": mixture["number_of_units"], "reference": entry["reference"],
                }  # fmt: skip
                rows.append({**row, "predictor": predictor, "of": "", "score": entry["score"]})
                if entry["mixture_id"] in seen:
                    continue
                seen.add(entry["mixture_id"])
                rows += [
                    {**row, "predictor": COMPONENT, "of": unit, "score": components[unit]}
                    for unit in mixture["mixture"]
                    if components.get(unit) is not None
                ]
    return rows


def draw_proxies(study: "RankedStudy", names: list[str]) -> "Figure | None":
    """A panel per target: proxies with a marker per kind, coloured by the number of units, components small behind.

    Args:
        study ([`RankedStudy`]): what the report is about.
        names (`list[str]`): the targets.

    Returns:
        `Figure | None`: `None` where no proxy of a mixture with a reference model was scored.
    """
    rows = proxies_table(study)
    kinds = [kind for kind in study.ranking.ranked_by if any(row["predictor"] == kind for row in rows)]
    if not kinds:
        return None
    columns = min(3, len(names))
    figure, axes = panels(columns, -(-len(names) // columns), WIDTH, 2.9)
    sizes = sorted({row["number_of_units"] for row in rows})
    colours = {size: SEQUENCE(place / max(len(sizes) - 1, 1)) for place, size in enumerate(sizes)}
    for panel, name in zip(axes, names, strict=False):
        _draw_panel(panel, [row for row in rows if row["target"] == name], kinds, colours)
        panel.set_title(label_text(name))
        panel.set_xlabel("proxy, or component")
        if panel.get_subplotspec().is_first_col():
            panel.set_ylabel("reference model")
    for panel in axes[len(names) :]:
        panel.set_visible(False)
    figure.legend(handles=_handles(study, kinds, colours), loc="outside upper right", ncols=4, handletextpad=0.3)
    return figure


def _draw_panel(panel: "Axes", rows: list[dict[str, Any]], kinds: list[str], colours: dict[int, Any]) -> None:
    def drawn(predictor: str, **style: Any) -> None:
        chosen = [row for row in rows if row["predictor"] == predictor]
        panel.scatter([row["score"] for row in chosen], [row["reference"] for row in chosen], **style)

    drawn(COMPONENT, s=5, color=GREY, alpha=0.6, linewidths=0)
    for kind, marker in zip(kinds, _MARKERS, strict=False):
        of_kind = [colours[row["number_of_units"]] for row in rows if row["predictor"] == kind]
        drawn(kind, s=26, marker=marker, c=of_kind, linewidths=0.6, edgecolors="white", zorder=3)
    if rows:
        ends = [min(row["reference"] for row in rows), max(row["reference"] for row in rows)]
        panel.plot(ends, ends, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    panel.grid(True)
    panel.locator_params(nbins=5)
    panel.margins(0.07)


def _handles(study: "RankedStudy", kinds: list[str], colours: dict[int, Any]) -> list[Line2D]:
    labels = [study.ranking.ranked_by[kind]["label"] for kind in kinds]
    return [
        *(
            Line2D([], [], marker=marker, linestyle="", color=MUTED, markersize=5.5, label=label)
            for marker, label in zip(_MARKERS, labels, strict=False)
        ),
        Line2D([], [], marker="o", linestyle="", color=GREY, markersize=2.5, label="components of the mixture"),
        Line2D([], [], color=GREY, linewidth=0.8, linestyle=(0, (2, 2)), label="equal"),
        *(
            Line2D([], [], marker="o", linestyle="", color=colours[size], markersize=5.5, label=f"{size} units")
            for size in list(colours)[:: -(-len(colours) // _MOST_SIZES)]
        ),
    ]
