"""The updates of a pool's components: which way they point, and how long they are."""

import numpy as np
from matplotlib.figure import Figure

from ..merging.pool_updates import cosine_records, update_records
from .drawing import Drawing
from .heat_map import cell_text
from .merge_health import MergeHealth
from .style import ACCENT, DIVERGING, INK, MUTED, WIDTH, label_text


_MOST_LABELS, _MOST_NUMBERS = 45, 12  # on a side; names of more are thinned out, numbers left out


def updates(health: MergeHealth) -> Drawing | None:
    """A heat map of the cosines between the components' updates, and the lengths of these beside it.

    Args:
        health ([`MergeHealth`]): of the study.

    Returns:
        `Drawing`: `None` where the weights of the components were never read.
    """
    found = health.updates
    if found is None:
        return None
    order = sorted(range(len(found.components)), key=lambda place: found.components[place])
    names, cosines = [found.components[place] for place in order], found.cosines[np.ix_(order, order)]
    figure = Figure(figsize=(WIDTH, min(1.6 + 0.26 * len(names), 7.5)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2, 1))
    image = left.imshow(cosines, cmap=DIVERGING, aspect="auto", vmin=-1, vmax=1, interpolation="nearest")
    if len(names) <= _MOST_NUMBERS:
        for (row, column), value in np.ndenumerate(cosines):
            cell_text(left, row, column, f"{value:.2f}", "white" if abs(value) > 0.6 else INK)
    every = -(-len(names) // _MOST_LABELS)
    labels = [label_text(name) for name in names[::every]]
    left.set_xticks(range(0, len(names), every), labels, rotation=60, ha="right", rotation_mode="anchor")
    left.set_yticks(range(0, len(names), every), labels)
    left.tick_params(length=0, labelcolor=INK)
    left.set_title("cosine of the angle between updates")
    percent = 100 * (found.lengths / found.seed_length)[order]
    right.barh(range(len(names)), percent, color=ACCENT, height=0.62)
    right.set_title("length of the update")
    right.set_xlabel("% of the length of the seed’s weights", color=MUTED)
    right.tick_params(axis="y", length=0)
    right.grid(True, axis="x")
    for panel in (left, right):
        for spine in panel.spines.values():
            spine.set_visible(False)
    bar = figure.colorbar(image, ax=left, shrink=0.6, pad=0.01, ticks=[-1, 0, 1])
    bar.outline.set_visible(False)
    rows = [row | {"relative_length": None} for row in cosine_records(found)]
    rows += [
        {"component": row["component"], "other": None, "cosine": None, "relative_length": row["relative_length"]}
        for row in update_records(found)
    ]
    return Drawing(
        figure, rows, "Updates of the components, their weights less the seed’s: 1 where two point the same way, 0 "
        "where they have nothing in common, below 0 where one undoes the other."
    )  # fmt: skip
