"""The figures of a study. Each function returns a matplotlib figure, or None where there is nothing to show."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..mixtures.ranked import MEAN
from ..ranking.agreements import RANDOM
from ..ranking.measured import CHOSEN
from ..ranking.tables import short_name
from .cost import by_kind, cost_rows
from .ranked_study import RankedStudy
from .style import ACCENT, GREY, GRID, HEAT, INK, MUTED, SECOND, SEQUENCE, WIDTH, label_text, panels


MOST_SCATTERS = 12


def scatter(study: RankedStudy, predictor: str) -> Figure | None:
    """Predicted against reference scores, a panel per target, points coloured by the number of units.

    Args:
        study ([`RankedStudy`]): what the report is about.
        predictor (`str`): a proxy, as it was scored; or `chosen`, whose predictions of a model were made without it.
    """
    domains = study.target_names("domain")
    sources = study.target_names("source_mean")
    names = [MEAN, *(sources if len(domains) > MOST_SCATTERS - 1 else []), *domains][:MOST_SCATTERS]
    if not any(_points(study, name, predictor) for name in names):
        return None
    columns = min(4 if len(names) not in (3, 5, 6, 9) else 3, len(names))
    figure, axes = panels(columns, -(-len(names) // columns), WIDTH, 2.45)
    sizes = sorted({mixture["number_of_units"] for mixture in study.ranking.mixtures.values()} - {1})
    colours = {size: SEQUENCE(position / max(len(sizes) - 1, 1)) for position, size in enumerate(sizes)}
    shown: set[int] = set()
    for panel, name in zip(axes, names, strict=False):
        shown |= _scatter_panel(panel, study, name, predictor, colours)
    for panel in axes[len(names) :]:
        panel.set_visible(False)
    for panel in axes[: len(names)]:
        if panel.get_subplotspec().is_first_col():
            panel.set_ylabel("reference model")
        panel.set_xlabel("predicted without it" if predictor == CHOSEN else "proxy")
    handles = [
        Line2D([], [], marker="o", linestyle="", color=colours[size], markersize=5.5, label=f"{size} units")
        for size in sorted(shown)
    ]
    handles.append(Line2D([], [], color=GREY, linewidth=1, linestyle=(0, (4, 2)), label="least squares"))
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles), handletextpad=0.3, columnspacing=1.4)
    return figure


def _points(study: RankedStudy, name: str, predictor: str) -> list[tuple[float, float, int]]:
    """(predicted, reference, number of units) of every mixture of several units that has a reference model."""
    entries = study.agreement.held_out.get(name, []) if predictor == CHOSEN else study.ranking.entries(name, predictor)
    sizes = {mixture: described["number_of_units"] for mixture, described in study.ranking.mixtures.items()}
    return [
        (entry["score"], entry["reference"], sizes[entry["mixture_id"]])
        for entry in entries
        if entry["reference"] is not None and sizes[entry["mixture_id"]] > 1
    ]


def _scatter_panel(panel: Axes, study: RankedStudy, name: str, predictor: str, colours: dict[int, Any]) -> set[int]:
    points = _points(study, name, predictor)
    x, y = np.array([point[0] for point in points]), np.array([point[1] for point in points])
    if len(points) > 2 and np.ptp(x) > 0:
        ends = np.array([x.min(), x.max()])
        panel.plot(ends, np.polyval(np.polyfit(x, y, 1), ends), color=GREY, linewidth=1, linestyle=(0, (4, 2)))
    panel.scatter(x, y, c=[colours[size] for *_, size in points], s=24, linewidths=0.6, edgecolors="white", zorder=3)
    panel.grid(True)
    panel.locator_params(nbins=4)
    panel.margins(0.09)
    statistics = study.agreement.group(name)["predictors"][predictor]
    numbers = [
        f"{label} {statistics[statistic]['value']:.2f}"
        for label, statistic in (("Pearson", "pearson"), ("Spearman", "spearman"))
        if statistics[statistic]["value"] is not None
    ]
    panel.set_title(f"{label_text(short_name(name))}\n", fontsize=8.5)
    panel.text(0, 1.03, "  ·  ".join(numbers), transform=panel.transAxes, fontsize=7.2, color=MUTED)
    return {size for *_, size in points}


def agreement_intervals(study: RankedStudy) -> Figure | None:
    """Pearson correlation and decision accuracy of every predictor with their intervals, the chosen one first."""
    if not study.agreement.references:
        return None
    names = [MEAN, *study.target_names("source_mean")][:4]
    statistics = (("pearson", "Pearson correlation", 0.0), ("decision_accuracy", "decision accuracy", 0.5))
    predictors = study.agreement.predictors
    figure, axes = panels(len(names), len(statistics), WIDTH, 0.55 + 0.22 * len(predictors))
    for panel, (statistic, label, chance), name in zip(
        axes, [entry for entry in statistics for _ in names], names * len(statistics), strict=True
    ):
        group = study.agreement.group(name)
        for position, (predictor, described) in enumerate(predictors.items()):
            entry = group["predictors"][predictor][statistic]
            colour = GREY if predictor == RANDOM else SECOND if described["baseline"] else ACCENT
            if entry["value"] is None:
                panel.text(chance, position, "not defined", fontsize=6.5, color=GREY, va="center", ha="center")
                continue
            if entry["low"] is not None:
                panel.plot([entry["low"], entry["high"]], [position] * 2, color=colour, linewidth=3, alpha=0.35,
                           solid_capstyle="round")  # fmt: skip
            panel.plot(entry["value"], position, "o", color=colour, markersize=5.5)
        panel.axvline(chance, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
        panel.set_xlim(*((-1.05, 1.05) if statistic == "pearson" else (-0.03, 1.03)))
        panel.set_ylim(len(predictors) - 0.4, -0.6)
        panel.set_yticks(range(len(predictors)))
        first = panel.get_subplotspec().is_first_col()
        panel.set_yticklabels([described["label"] for described in predictors.values()] if first else [], color=INK)
        panel.tick_params(axis="y", length=0)
        panel.spines["left"].set_visible(False)
        panel.grid(True, axis="x")
        panel.set_xlabel(label)
        if panel.get_subplotspec().is_first_row():
            panel.set_title(f"{label_text(short_name(name))}  (n = {group['n']})")
    return figure


def ranking_heat_map(study: RankedStudy, most: int = 32) -> Figure:
    """The best mixtures: which units they hold, and how far each is from the best one on every domain."""
    columns, units = [MEAN, *study.columns()], study.units
    entries = study.ranking.entries()[:most]
    mixtures = [entry["mixture_id"] for entry in entries]
    values = np.full((len(mixtures), len(columns)), np.nan)
    for column, name in enumerate(columns):
        ranking = {entry["mixture_id"]: entry["score"] for entry in study.ranking.entries(name)}
        best = min(ranking.values())
        values[:, column] = [100 * (ranking.get(mixture, np.nan) / best - 1) for mixture in mixtures]
    figure = Figure(figsize=(WIDTH, 1.5 + 0.2 * len(mixtures)), layout="constrained")
    dots, heat = figure.subplots(1, 2, width_ratios=[max(len(units), 3) * 0.62, len(columns)])
    _unit_dots(dots, study, mixtures, units)
    image = heat.imshow(values, cmap=HEAT, aspect="auto", vmin=0, vmax=np.nanpercentile(values, 95))
    for (row, column), value in np.ndenumerate(values):
        red, green, blue, _ = image.cmap(image.norm(value))
        dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.55
        text = "" if np.isnan(value) else f"{value:.1f}"
        cell_text(heat, row, column, text, "white" if dark else INK)
    top_labels(heat, [short_name(name) for name in columns])
    heat.set_yticks([])
    heat.axvline(0.5, color="white", linewidth=4)
    for spine in heat.spines.values():
        spine.set_visible(False)
    heat.set_xlabel("% worse than the best mixture for the domain (predicted)")
    return figure


def _unit_dots(panel: Axes, study: RankedStudy, mixtures: list[str], units: list[str]) -> None:
    for row in range(0, len(mixtures), 2):
        panel.axhspan(row - 0.5, row + 0.5, color="#f5f7f9", linewidth=0)
    weights = [study.ranking.mixtures[mixture]["mixture"] for mixture in mixtures]
    rows, columns = (indices.ravel() for indices in np.indices((len(mixtures), len(units))))
    sizes = [110 * own.get(unit, 0) ** 0.6 for own in weights for unit in units]
    panel.scatter(columns, rows, s=5, color=GRID, zorder=2)
    panel.scatter(columns, rows, s=sizes, color=ACCENT, linewidths=0, zorder=3)
    panel.set_xlim(-0.6, len(units) - 0.4)
    panel.set_ylim(len(mixtures) - 0.5, -0.5)
    panel.set_yticks(range(len(mixtures)), [str(row + 1) for row in range(len(mixtures))])
    panel.tick_params(axis="y", length=0)
    top_labels(panel, units)
    panel.set_xlabel("units in the mixture (area: weight)")
    for spine in panel.spines.values():
        spine.set_visible(False)


def cell_text(panel: Axes, row: int, column: int, text: str, colour: str) -> None:
    """A number in a cell of a heat map, which the layout need not know of: it measures every text.

    Args:
        panel (`Axes`): of the heat map.
        row (`int`), column (`int`): of the cell.
        text (`str`): what stands in it.
        colour (`str`): of the text.
    """
    drawn = panel.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
    drawn.set_in_layout(False)


def top_labels(panel: Axes, labels: list[str]) -> None:
    """Slanted labels of columns above a panel."""
    labels = [label_text(label) for label in labels]
    panel.set_xticks(range(len(labels)), labels, rotation=35, ha="left", rotation_mode="anchor", color=INK)
    panel.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False, length=0)


def cost(study: RankedStudy) -> Figure | None:
    """Tokens trained on: the study with and without its reference models, against training every mixture."""
    rows = by_kind(cost_rows(study))
    if "every_mixture" not in rows:
        return None
    seed = rows.get("seed", {}).get("tokens", 0)
    parts = [
        ("this study", seed, rows["component"]["tokens"], rows.get("reference", {}).get("tokens", 0)),
        ("without the check\nby reference models", seed, rows["component"]["tokens"], 0),
        (f"training all {rows['every_mixture']['models']} mixtures", seed, rows["every_mixture"]["tokens"], 0),
    ]
    figure = Figure(figsize=(WIDTH, 1.75), layout="constrained")
    panel = figure.subplots()
    colours = (GREY, ACCENT, SECOND)
    for row, (_, *tokens) in enumerate(parts):
        left = 0.0
        for count, colour in zip(tokens, colours, strict=True):
            last_row = row == len(parts) - 1
            panel.barh(row, count / 1e6, left=left, color="#5f83a0" if last_row and colour == ACCENT else colour,
                       height=0.62, edgecolor="white", linewidth=0.8)  # fmt: skip
            left += count / 1e6
        panel.text(left, row, f"  {left:,.1f} M", va="center", fontsize=7.5)
    panel.set_yticks(range(len(parts)), [name for name, *_ in parts], color=INK)
    panel.set_ylim(len(parts) - 0.5, -0.5)
    panel.set_xlabel("million tokens trained on")
    panel.tick_params(axis="y", length=0)
    panel.margins(x=0.1)
    panel.grid(True, axis="x")
    panel.spines["left"].set_visible(False)
    labels = ("seed", "components", "reference models", "a model per mixture")
    handles = [
        Line2D([], [], marker="s", linestyle="", markersize=7, color=colour, label=label)
        for colour, label in zip((*colours, "#5f83a0"), labels, strict=True)
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=4, handletextpad=0.2)
    return figure
