"""Agreement and loss of several runs against what differs between them."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..modeling.sizes import name_of_size
from ..ranking.tables import target_text
from .drawing import Drawing
from .style import INK, LINES, MUTED, WIDTH, label_text, panels


_WIDE = 4  # the largest value over the smallest, from which on the axis is logarithmic
_APART = 0.012  # between the predictors of one run, as a share of the axis
_AXES = {
    "run": "run",
    "slices": "slices of a partition",
    "parameters": "parameters",
    "component_tokens": "tokens of a component",
    "seed_tokens": "tokens of the seed",
    "start": "what components start from",
}
_DOTTED = (0, (1.5, 1.5))


def comparison_curves(content: dict[str, Any], records: Sequence[dict[str, Any]]) -> Drawing:
    """Pearson and Spearman correlation with intervals, and losses; a line per predictor.

    Args:
        content (`dict`): of [`compare_runs`].
        records (`Sequence[dict]`): its comparison, with the facts of each run.
    """
    by = content["by"]
    values = list(dict.fromkeys(record[by] for record in records))
    places = {value: position for position, value in enumerate(values)}
    is_number = all(isinstance(value, int) for value in values)
    if is_number:
        places = {value: value for value in values}
    by_label: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_label.setdefault(record["label"], []).append(record)
    figure, axes = panels(3, 1, WIDTH, 2.9)
    correlations, losses = axes[:2], axes[2]
    for panel in axes:
        _prepare(panel, places, is_number)
        panel.set_xlabel(_AXES[by])
    for position, own in enumerate(by_label.values()):
        colour, shift = LINES[position % len(LINES)], _APART * (position - (len(by_label) - 1) / 2)
        for panel, statistic in zip(correlations, ("pearson", "spearman"), strict=True):
            known = [record for record in own if record[statistic] is not None]
            across = [_moved(panel, places[record[by]], shift) for record in known]
            panel.plot(
                across, [record[statistic] for record in known], "o-", color=colour, markersize=4, linewidth=1.3
            )
            for place, record in zip(across, known, strict=True):
                if record[f"{statistic}_low"] is not None:
                    ends = [record[f"{statistic}_low"], record[f"{statistic}_high"]]
                    panel.plot([place] * 2, ends, color=colour, linewidth=2.5, alpha=0.35)
        for key, line in (("best_score", "-"), ("uniform_score", _DOTTED)):
            _line(losses, [(places[record[by]], record[key]) for record in own], colour, line)
    references = [(places[record[by]], record["mean_reference"]) for record in next(iter(by_label.values()))]
    _line(losses, references, INK, "-")
    for panel, title in zip(correlations, ("Pearson", "Spearman"), strict=True):
        panel.set_title(f"{title} correlation with reference models")
    losses.set_title(f"{content['unit_of_measure']} on {label_text(target_text(content['target']))}")
    lines = {label: (LINES[position % len(LINES)], "-") for position, label in enumerate(by_label)}
    lines |= {"reference models": (INK, "-"), "loss of equal shares": (MUTED, _DOTTED)}
    handles = [Line2D([], [], color=colour, linestyle=line, label=label) for label, (colour, line) in lines.items()]
    figure.legend(handles=handles, loc="outside upper right", ncols=min(len(handles), 5))
    return Drawing(
        figure,
        list(records),
        f"Agreement of proxies with reference models on {target_text(content['target'])}, and losses, by {_AXES[by]}: "
        "bars are bootstrap intervals, full lines the best mixture, dotted ones equal shares of all units, and the "
        "black line the mean of the reference models.",
    )


def _prepare(panel: Axes, places: dict[Any, int], is_number: bool) -> None:
    """The axis of what differs, with room on both sides."""
    ends = min(places.values()), max(places.values())
    if is_number and ends[0] > 0 and ends[1] >= _WIDE * ends[0]:
        panel.set_xscale("log")
    names = [name_of_size(value) if is_number else label_text(str(value), 20) for value in places]
    panel.set_xticks(list(places.values()), names)
    panel.minorticks_off()
    panel.grid(True)
    to_axis, from_axis = panel.transScale.transform, panel.transScale.inverted().transform
    (low, _), (high, _) = to_axis([(ends[0], 1), (ends[1], 1)])
    room = 0.12 * (high - low) or 1.0
    panel.set_xlim(*(from_axis((end, 0))[0] for end in (low - room, high + room)))


def _moved(panel: Axes, place: float, share: float) -> float:
    """A place on the axis of what differs, moved by a share of the axis."""
    to_axis = panel.transScale + panel.transLimits
    across, up = to_axis.transform((place, 1))
    return to_axis.inverted().transform((across + share, up))[0]


def _line(panel: Axes, points: Sequence[tuple[int, float | None]], colour: str, line: Any) -> None:
    """A line through the runs, which are in the order of what differs."""
    known = [(place, value) for place, value in points if value is not None]
    if known:
        panel.plot(*zip(*known, strict=True), color=colour, linestyle=line, marker="o", markersize=4, linewidth=1.3)
