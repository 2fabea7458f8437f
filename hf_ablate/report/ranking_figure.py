"""The best mixtures: their units, and their scores on every domain."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..ranking.tables import described_target, short_name
from .drawing import Drawing
from .heat_map import cell_text, top_labels
from .ranked_study import RankedStudy
from .style import ACCENT, GRID, HEAT, INK, WIDTH


def ranking_heat_map(study: RankedStudy, most: int = 32) -> Drawing:
    """The best mixtures: which units they hold, and how far each is from the best one on every domain."""
    columns, parts = [study.target, *study.columns], study.parts
    entries = study.ranking.entries()[:most]
    mixtures = [entry["mixture_id"] for entry in entries]
    scores = {name: {entry["mixture_id"]: entry["score"] for entry in study.ranking.entries(name)} for name in columns}
    values = np.array([
        [100 * (own.get(mixture, np.nan) / min(own.values()) - 1) for own in scores.values()] for mixture in mixtures
    ])  # fmt: skip
    figure = Figure(figsize=(WIDTH, 1.5 + 0.2 * len(mixtures) + 0.6 * (len(parts) > 12)), layout="constrained")
    dots, heat = figure.subplots(1, 2, width_ratios=[max(len(parts), 3) * 0.62, len(columns)])
    _dots(dots, study, mixtures)
    image = heat.imshow(values, cmap=HEAT, aspect="auto", vmin=0, vmax=max(np.nanpercentile(values, 95), 0.1))
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
    rows = [
        {"rank": entry["rank"], "mixture_id": entry["mixture_id"], "name": entry["name"], "target": name,
         "score": scores[name].get(entry["mixture_id"]), "percent_worse": None if np.isnan(value) else float(value)}
        for entry, row in zip(entries, values, strict=True) for name, value in zip(columns, row, strict=True)
    ]  # fmt: skip
    judged = described_target(study.ranking, study.target)
    return Drawing(figure, rows, f"The best mixtures by {judged}: the units they hold, and how far each is from the "
                   "best mixture for every domain.")  # fmt: skip


def _dots(panel: Axes, study: RankedStudy, mixtures: list[str]) -> None:
    """A dot for every part of a mixture."""
    parts = study.parts
    for row in range(0, len(mixtures), 2):
        panel.axhspan(row - 0.5, row + 0.5, color="#f5f7f9", linewidth=0)
    weights = [study.ranking.mixtures[mixture]["mixture"] for mixture in mixtures]
    rows, columns = (indices.ravel() for indices in np.indices((len(mixtures), len(parts))))
    sizes = [
        110 * sum(own.get(unit, 0) for unit in units) ** 0.6 for own in weights for units in parts.values()
    ]  # fmt: skip
    panel.scatter(columns, rows, s=5, color=GRID, zorder=2)
    panel.scatter(columns, rows, s=sizes, color=ACCENT, linewidths=0, zorder=3)
    panel.set_xlim(-0.6, len(parts) - 0.4)
    panel.set_ylim(len(mixtures) - 0.5, -0.5)
    panel.set_yticks(range(len(mixtures)), [str(row + 1) for row in range(len(mixtures))])
    panel.tick_params(axis="y", length=0)
    top_labels(panel, list(parts))
    what = "units" if len(parts) == len(study.units) else "groups of units"
    panel.set_xlabel(f"{what} in the mixture (area: weight)")
    for spine in panel.spines.values():
        spine.set_visible(False)
