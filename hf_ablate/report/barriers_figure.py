"""The losses of merges of two components, against the straight line between them."""

from collections.abc import Sequence
from typing import Any

from ..prediction.barriers import Barrier
from ..ranking.tables import Z90
from .drawing import Drawing
from .merge_health import MergeHealth
from .style import ACCENT, GREY, WIDTH, label_text, panels


def barrier_records(barriers: Sequence[Barrier]) -> list[dict[str, Any]]:
    """A record per merge of two components, and per end.

    Args:
        barriers (`Sequence[Barrier]`): of any pairs.
    """
    return [
        {
            "unit": barrier.units[0], "other": barrier.units[1], "excess": float(loss - line), "score": float(loss),
            "straight_line": float(line), "sd": float(sd), "share_of_other": float(share),
            "scored": barrier.is_scored or share in (0, 1),
        }
        for barrier in barriers
        for share, loss, sd, line in zip(barrier.shares, barrier.losses, barrier.sd, barrier.line, strict=True)
    ]  # fmt: skip


def barriers(health: MergeHealth) -> Drawing | None:
    """A panel per pair of components: the loss from one to the other, and the line that it should stay below.

    Args:
        health ([`MergeHealth`]): of the study.

    Returns:
        `Drawing`: `None` where no merges were scored.
    """
    if not health.barriers:
        return None
    figure, axes = panels(2, 1, WIDTH, 2.5)
    for panel, barrier in zip(axes, health.barriers, strict=False):
        percent, reach = 100 * barrier.shares, Z90 * barrier.sd
        panel.plot(percent[[0, -1]], barrier.line[[0, -1]], color=GREY, linewidth=1.2, linestyle="--",
                   label="straight line")  # fmt: skip
        label = "merges, as scored" if barrier.is_scored else "merges, as predicted (90 %)"
        panel.plot(percent, barrier.losses, color=ACCENT, linewidth=1.6, label=label,
                   marker="o" if barrier.is_scored else None, markersize=4)  # fmt: skip
        panel.fill_between(percent, barrier.losses - reach, barrier.losses + reach, color=ACCENT, alpha=0.15, lw=0)
        panel.set_title(f"{label_text(barrier.units[0])}  →  {label_text(barrier.units[1])}")
        panel.set_xlabel(f"% of {label_text(barrier.units[1])} in the merge")
        panel.grid(True)
        panel.legend(loc="best")
    for panel in axes[len(health.barriers) :]:
        panel.set_visible(False)
    axes[0].set_ylabel(health.unit_of_measure)
    rows = barrier_records(health.barriers)
    which = "the two largest units of the first mixture"
    if len(health.barriers) > 1:
        which += ", and the two whose updates point apart most"
    return Drawing(
        figure, rows, f"Merges of two components, from one to the other: {which}. Above the straight line, merging "
        "loses: a loss barrier."
    )  # fmt: skip
