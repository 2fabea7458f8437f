"""Agreement and loss of several runs against what differs between them."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from ..modeling.sizes import name_of_size
from ..ranking.tables import target_text
from .drawing import Drawing
from .style import GREY, INK, LINES, WIDTH, label_text, panels


_WIDE = 8  # the largest value over the smallest, from which on the axis is logarithmic
_AXES = {
    "run": "run",
    "slices": "slices of a partition",
    "parameters": "parameters",
    "component_tokens": "tokens of a component",
    "seed_tokens": "tokens of the seed",
    "start": "components start from",
}


def comparison_curves(content: dict[str, Any], records: Sequence[dict[str, Any]]) -> Drawing:
    """Pearson and Spearman correlation, and losses, a line per predictor.

    Args:
        content (`dict`): of [`compare_runs`].
        records (`Sequence[dict]`): its comparison, with the facts of each run.
    """
    by = content["by"]
    values = list(dict.fromkeys(record[by] for record in records))
    is_number = all(isinstance(value, int | float) for value in values)
    places = {value: value if is_number else position for position, value in enumerate(values)}
    labels = dict.fromkeys(record["label"] for record in records)
    colours = {label: LINES[position % len(LINES)] for position, label in enumerate(labels)}
    figure, axes = panels(3, 1, WIDTH, 2.9)
    for panel, (statistic, title) in zip(axes, (("pearson", "Pearson"), ("spearman", "Spearman")), strict=False):
        for label in labels:
            own = [record for record in records if record["label"] == label and record[statistic] is not None]
            _curve(panel, own, places, by, statistic, colour=colours[label], label=label)
            for record in own:
                if record[f"{statistic}_low"] is not None:
                    ends = [record[f"{statistic}_low"], record[f"{statistic}_high"]]
                    panel.plot([places[record[by]]] * 2, ends, color=colours[label], linewidth=2.5, alpha=0.3)
        panel.set_title(f"{title} correlation with reference models")
    for label in labels:
        own = [record for record in records if record["label"] == label]
        _curve(axes[2], own, places, by, "best_score", colour=colours[label], label=f"{label}: best")
        _curve(axes[2], own, places, by, "uniform_score", colour=colours[label], line=(0, (2, 2)))
    references = [record for record in records if record["label"] == next(iter(labels))]
    _curve(axes[2], references, places, by, "mean_reference", colour=INK, label="reference models, mean")
    axes[2].set_title(f"{content['unit_of_measure']} on {label_text(target_text(content['target']))}")
    for panel in axes:
        panel.grid(True)
        panel.set_xlabel(_AXES[by])
        _ticks(panel, places, is_number)
    axes[0].legend(loc="best")
    axes[2].legend(loc="best")
    return Drawing(
        figure,
        list(records),
        f"Agreement of proxies with reference models on {target_text(content['target'])}, and losses, by "
        f"{_AXES[by]}; bars are bootstrap intervals, dotted lines equal shares of all units.",
    )


def _curve(panel: Axes, records: list[dict[str, Any]], places: dict[Any, Any], by: str, key: str, **look: Any) -> None:
    """A line through the runs, which are in the order of what differs."""
    points = [(places[record[by]], record[key]) for record in records if record[key] is not None]
    if points:
        across, up = zip(*points, strict=True)
        panel.plot(
            across, up, marker="o", markersize=4, linewidth=1.3, color=look["colour"],
            linestyle=look.get("line", "-"), label=look.get("label"),
        )  # fmt: skip


def _ticks(panel: Axes, places: dict[Any, Any], is_number: bool) -> None:
    values = list(places)
    if is_number and min(values) > 0 and max(values) >= _WIDE * min(values):
        panel.set_xscale("log")
    names = [name_of_size(value) if is_number else label_text(str(value), 20) for value in values]
    panel.set_xticks(list(places.values()), names)
    panel.minorticks_off()
    if not is_number:
        panel.margins(x=0.2)
        panel.tick_params(axis="x", colors=GREY)
