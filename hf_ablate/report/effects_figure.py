"""The figure of the effects: what dropping each unit does to every domain."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..ranking.tables import short_name
from .drawing import Drawing
from .heat_map import cell_text, top_labels
from .style import DIVERGING, GREY, INK, WIDTH, label_text


_MOST_ROWS, _MOST_COLUMNS = 32, 16


def _targets(drops: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    """The target that was asked for, and the domains; of too many, those on which dropping a unit makes most."""
    first, *domains = dict.fromkeys(target for _, target in drops)
    largest = {
        domain: max(abs(row["effect"]) for (_, own), row in drops.items() if own == domain) for domain in domains
    }
    most = sorted(domains, key=lambda domain: -largest[domain])[: _MOST_COLUMNS - 1]
    return [first, *(domain for domain in domains if domain in most)]


def drop_heat_map(effects: dict[str, Any]) -> Drawing | None:
    """Units × targets: what dropping a unit costs (blue) or saves (orange); what is no difference has no colour.

    The rows are in the order of what dropping costs on the target, which is the first column.

    Args:
        effects (`dict`): as `read_effects` gives.

    Returns:
        `Drawing`: `None` where nothing can be dropped.
    """
    drops = {(row["part"], row["target"]): row for row in effects["effects"] if row["change"] == "drop"}
    if not drops:
        return None
    targets = _targets(drops)
    parts = sorted({part for part, _ in drops}, key=lambda part: -drops[part, targets[0]]["effect"])[:_MOST_ROWS]
    values = np.array([[drops[part, target]["effect"] for target in targets] for part in parts])
    told_apart = np.array([[drops[part, target]["told_apart"] for target in targets] for part in parts])
    most = max(np.percentile(abs(values), 95), 1e-12)
    figure = Figure(figsize=(WIDTH, 1.3 + 0.24 * len(parts)), layout="constrained")
    panel = figure.subplots()
    panel.imshow(values * told_apart, cmap=DIVERGING, aspect="auto", vmin=-most, vmax=most)
    for (row, column), value in np.ndenumerate(values):
        on_colour = "white" if abs(value) > 0.6 * most else INK
        cell_text(panel, row, column, f"{value:+.3f}", on_colour if told_apart[row, column] else GREY)
    top_labels(panel, [short_name(target) for target in targets])
    panel.set_yticks(range(len(parts)), [label_text(part) for part in parts], color=INK)
    panel.tick_params(axis="y", length=0)
    panel.axvline(0.5, color="white", linewidth=4)
    for spine in panel.spines.values():
        spine.set_visible(False)
    panel.set_xlabel(
        f"what dropping a unit adds to {effects['unit_of_measure']} (grey: no difference that can be told)"
    )
    rows = [drops[part, target] for part in parts for target in targets]
    return Drawing(figure, rows, "What dropping a unit from the mixture, the others keeping their proportions, is "
                   "expected to add to each score.")  # fmt: skip
