"""Windows of neighbouring units, such as years, against the text of each of these units."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..corpus.rules.bins import place_of
from ..errors import InputError
from ..mixtures.ranked import Ranking
from ..mixtures.units import CorpusUnits
from ..mixtures.windows import rows_of_neighbours
from .drawing import Drawing
from .ranked_study import RankedStudy
from .style import HEAT, INK, MUTED, WIDTH, label_text, panels


_FEWEST = 3  # units in a row; fewer have no neighbours to speak of
_MOST_ROWS = 6  # drawn, those of the most units; all are in the table


@dataclass(frozen=True)
class WindowMap:
    """The windows over one row of neighbouring units.

    Args:
        name (`str`): what the units have in common, such as `field=Biology`; empty where the row is all units.
        units (`list[str]`): the row, in order.
        windows (`list[list[str]]`): the units of each window, in order.
        scores (`np.ndarray`): [windows, units], the score of each window on each unit's text; NaN where there is none.
    """

    name: str
    units: list[str]
    windows: list[list[str]]
    scores: np.ndarray

    @cached_property
    def excess(self) -> np.ndarray:
        """[windows, units]: how much worse a window is than the best one on the same text, in per cent."""
        return 100 * (self.scores / np.fmin.reduce(self.scores) - 1)


def window_maps(study: RankedStudy) -> list[WindowMap]:
    """The maps of a study, the row with the most units first; none where its units have no order.

    A window is a candidate with equal weights on neighbours, a single unit among them; its score is what was
    predicted of it.

    Args:
        study ([`RankedStudy`]): whose corpus records the fields of its units; of any other there is none.
    """
    maps = [_map_of(name, row, study.ranking) for name, row in _rows(study.ranking.corpus)]
    return sorted(filter(None, maps), key=lambda one: -len(one.units))


def _rows(units: CorpusUnits) -> list[tuple[str, list[str]]]:
    """The rows of neighbours within the values of the one field that tells units of the same place apart."""
    ordered = [
        unit for group, members in units.groups.items() if place_of(group.partition("=")[2]) for unit in members
    ]
    if len(ordered) < _FEWEST:
        return []
    units = units.only([unit for unit in units.names if unit in ordered])
    for field in [None, *units.fields]:
        try:
            rows = rows_of_neighbours(units, field, None, is_ordered=False)
        except InputError:
            continue
        names = units.divided_by(field) if field else [""]
        return [(name, row) for name, row in zip(names, rows, strict=True) if len(row) >= _FEWEST]
    return []


def _map_of(name: str, row: list[str], ranking: Ranking) -> WindowMap | None:
    """The map of a row; `None` where fewer than two windows over it were scored on its text."""
    targets = {facts["domain"]: target for target, facts in ranking.targets.items() if facts["level"] == "domain"}
    windows = {
        mixture: sorted(facts["mixture"], key=row.index)
        for mixture, facts in ranking.mixtures.items()
        if set(facts["mixture"]) <= set(row) and _is_window(facts["mixture"], row)
    }
    known = [unit for unit in row if unit in targets]
    if len(windows) < 2 or not known:
        return None
    order = sorted(windows, key=lambda mixture: (len(windows[mixture]), row.index(windows[mixture][0])))
    scores = np.full((len(order), len(row)), np.nan)
    for unit in known:
        of_target = {entry["mixture_id"]: entry["score"] for entry in ranking.entries(targets[unit])}
        scores[:, row.index(unit)] = [of_target.get(mixture, np.nan) for mixture in order]
    return WindowMap(name, row, [windows[mixture] for mixture in order], scores)


def _is_window(weights: dict[str, float], row: list[str]) -> bool:
    places = sorted(row.index(unit) for unit in weights)
    return places == list(range(places[0], places[-1] + 1)) and np.ptp(list(weights.values())) < 1e-9


def _records(maps: list[WindowMap]) -> list[dict[str, Any]]:
    return [
        {
            "row": one.name, "window": " + ".join(window), "size": len(window), "unit": unit,
            "score": float(one.scores[row, column]), "excess_percent": float(one.excess[row, column]),
        }
        for one in maps
        for row, window in enumerate(one.windows)
        for column, unit in enumerate(one.units)
        if np.isfinite(one.scores[row, column])
    ]  # fmt: skip


def window_map(study: RankedStudy) -> Drawing | None:
    """A heat map per row of neighbours: windows below each other, the units' text beside each other."""
    maps = window_maps(study)
    if not maps:
        return None
    shown = maps[:_MOST_ROWS]
    columns = min(len(shown), 3)
    tallest = max(len(one.windows) for one in shown)
    figure, axes = panels(columns, -(-len(shown) // columns), WIDTH, min(2 + 0.07 * tallest, 6))
    limit = np.nanpercentile(np.concatenate([one.excess.ravel() for one in shown]), 95)
    for panel, one in zip(axes, shown, strict=False):
        image = _draw_map(panel, one, limit, most_labels=48 // columns)
    for panel in axes[len(shown) :]:
        panel.set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.6, pad=0.01)
    bar.set_label("% above the best (predicted)", color=MUTED, fontsize=7.5)
    bar.outline.set_visible(False)
    caption = (
        "Neighbouring units in equal parts, on the text of each unit of the row: the diagonal is a unit's own text, "
        "what is beside it that of its neighbours."
    )
    return Drawing(figure, _records(maps), caption)


def _draw_map(panel: Axes, one: WindowMap, limit: float, most_labels: int) -> Any:
    image = panel.imshow(one.excess, cmap=HEAT, aspect="auto", vmin=0, vmax=limit, interpolation="nearest")
    short = [_without_common(unit, one.units) for unit in one.units]
    names = dict(zip(one.units, short, strict=True))
    every = -(-len(short) // most_labels)
    panel.set_xticks(range(0, len(short), every), short[::every], rotation=60, ha="right", rotation_mode="anchor")
    labels = [_window_label(window, names) for window in one.windows]
    every = -(-len(labels) // 36)
    panel.set_yticks(range(0, len(labels), every), labels[::every])
    panel.tick_params(length=0, labelcolor=INK)
    sizes = [len(window) for window in one.windows]
    for row in range(1, len(sizes)):
        if sizes[row] != sizes[row - 1]:
            panel.axhline(row - 0.5, color="white", linewidth=2)
    panel.set_title(label_text(one.name))
    panel.set_xlabel("evaluated on")
    if panel.get_subplotspec().is_first_col():
        panel.set_ylabel("neighbours averaged")
    for spine in panel.spines.values():
        spine.set_visible(False)
    return image


def _window_label(window: list[str], names: dict[str, str]) -> str:
    """The only unit, or from where the first begins to where the last ends, and how many they are."""
    if len(window) == 1:
        return names[window[0]]
    return f"{names[window[0]].partition('-')[0]} to {names[window[-1]].rpartition('-')[2]} ({len(window)})"


def _without_common(unit: str, row: list[str]) -> str:
    """A unit's name without what the names of its row begin with alike, up to the last `_`."""
    common = 0
    while len({name[: common + 1] for name in row}) == 1:
        common += 1
    return unit[row[0].rfind("_", 0, common) + 1 :]
