"""Tokens that the study trained on, against training every mixture."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .cost import by_kind, cost_rows
from .drawing import Drawing
from .ranked_study import RankedStudy
from .style import ACCENT, GREY, INK, SECOND, WIDTH


def cost(study: RankedStudy) -> Drawing | None:
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
    table = [
        {"bar": " ".join(name.split()), "models": label, "tokens": count}
        for name, *tokens in parts
        for label, count in zip(labels, tokens, strict=False)
    ]
    return Drawing(figure, table, "Tokens trained on. A new unit costs one more component.")
