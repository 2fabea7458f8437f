"""The map of units and domains: what having each unit in the mixture does to each domain."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..ranking.tables import short_name
from .drawing import Drawing
from .heat_map import cell_text, top_labels
from .style import DIVERGING, GREY, INK, MUTED, WIDTH, label_text, panels


_MOST_ROWS, _MOST_COLUMNS = 32, 16  # of the map with numbers
_MOST_LABELS = 45  # on a side of the map of everything


def having_records(effects: dict[str, Any]) -> list[dict[str, Any]]:
    """What having each part in the mixture does: the score with it less the score without it.

    Of a part of the mixture that is what dropping it does, the other way round; of any other what adding it does.

    Args:
        effects (`dict`): as `read_effects` gives.

    Returns:
        `list[dict]`: a record per part and target, `in_mixture` in place of the change.
    """
    records = []
    for row in effects["effects"]:
        if row["change"] in ("drop", "add"):
            sign = -1 if row["change"] == "drop" else 1
            low, high = sorted((sign * row["low"], sign * row["high"]))
            records.append(
                {
                    "part": row["part"], "target": row["target"], "in_mixture": row["change"] == "drop",
                    "effect": sign * row["effect"], "low": low, "high": high, "sd": row["sd"],
                    "told_apart": row["told_apart"],
                }
            )  # fmt: skip
    # A group of which some units are in the mixture can be dropped and added; what it has is what dropping shows.
    dropped = {row["part"] for row in records if row["in_mixture"]}
    return [row for row in records if row["in_mixture"] or row["part"] not in dropped]


def unit_map(effects: dict[str, Any]) -> Drawing | None:
    """Units × targets, with numbers: blue is what lowers the score, orange what raises it, no colour no difference.

    The units of the mixture come first, then the others, each in the order of what they do to the target, which is the
    first column. Of too many, those units and domains are shown between which there is most.

    Args:
        effects (`dict`): as `read_effects` gives.

    Returns:
        `Drawing`: `None` where nothing can be dropped or added.
    """
    cells = {(row["part"], row["target"]): row for row in having_records(effects)}
    if not cells:
        return None
    targets = _targets(cells)
    first = targets[0]
    parts = sorted({part for part, _ in cells}, key=lambda part: -abs(cells[part, first]["effect"]))[:_MOST_ROWS]
    parts.sort(key=lambda part: (not cells[part, first]["in_mixture"], cells[part, first]["effect"]))
    values = np.array([[cells[part, target]["effect"] for target in targets] for part in parts])
    told_apart = np.array([[cells[part, target]["told_apart"] for target in targets] for part in parts])
    most = max(np.percentile(abs(values), 95), 1e-12)
    figure = Figure(figsize=(WIDTH, 1.3 + 0.24 * len(parts)), layout="constrained")
    panel = figure.subplots()
    panel.imshow(-values * told_apart, cmap=DIVERGING, aspect="auto", vmin=-most, vmax=most)
    for (row, column), value in np.ndenumerate(values):
        on_colour = "white" if abs(value) > 0.6 * most else INK
        cell_text(panel, row, column, f"{value:+.3f}", on_colour if told_apart[row, column] else GREY)
    top_labels(panel, [short_name(target) for target in targets])
    labels = [label_text(part) if cells[part, first]["in_mixture"] else f"+ {label_text(part)}" for part in parts]
    panel.set_yticks(range(len(parts)), labels, color=INK)
    panel.tick_params(axis="y", length=0)
    panel.axvline(0.5, color="white", linewidth=4)
    inside = sum(cells[part, first]["in_mixture"] for part in parts)
    if 0 < inside < len(parts):
        panel.axhline(inside - 0.5, color="white", linewidth=4)
    for spine in panel.spines.values():
        spine.set_visible(False)
    panel.set_xlabel(
        f"what having a unit adds to {effects['unit_of_measure']} (grey: no clear difference; "
        "+: a unit that is not in the mixture, added)"
    )
    rows = [cells[part, target] for part in parts for target in targets]
    return Drawing(figure, rows, "What each unit is expected to do to each score: the mixture with it less the "
                   "mixture without it, the others in proportion. Below zero, in blue, it helps.")  # fmt: skip


def _targets(cells: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    """The target that was asked for, and the domains; of too many, those to which any unit does most."""
    first, *domains = dict.fromkeys(target for _, target in cells)
    largest = dict.fromkeys(domains, 0.0)
    for (_, target), row in cells.items():
        if target != first:
            largest[target] = max(largest[target], abs(row["effect"]))
    most = sorted(domains, key=lambda domain: -largest[domain])[: _MOST_COLUMNS - 1]
    return [first, *(domain for domain in domains if domain in most)]


def whole_unit_map(effects: dict[str, Any]) -> Drawing | None:
    """All units × all domains in the order of their names, where the map with numbers cannot show them all.

    Args:
        effects (`dict`): as `read_effects` gives.
    """
    cells = {(row["part"], row["target"]): row for row in having_records(effects)}
    parts = sorted({part for part, _ in cells})
    targets = sorted({target for _, target in cells})
    if len(parts) <= _MOST_ROWS and len(targets) <= _MOST_COLUMNS:
        return None
    rows = [cells[part, target] for part in parts for target in targets]
    values = np.array([row["effect"] * row["told_apart"] for row in rows]).reshape(len(parts), len(targets))
    most = np.percentile(abs(values[values != 0]), 95) if values.any() else 1.0
    figure, (panel,) = panels(1, 1, WIDTH, min(1.6 + 0.17 * len(parts), 9))
    image = panel.imshow(-values, cmap=DIVERGING, aspect="auto", vmin=-most, vmax=most, interpolation="nearest")
    every = -(-len(parts) // _MOST_LABELS)
    panel.set_yticks(range(0, len(parts), every), [label_text(part) for part in parts[::every]])
    every = -(-len(targets) // _MOST_LABELS)
    labels = [label_text(short_name(target)) for target in targets[::every]]
    panel.set_xticks(range(0, len(targets), every), labels, rotation=60, ha="right", rotation_mode="anchor")
    panel.tick_params(length=0, labelcolor=INK)
    panel.set_ylabel("unit in the mixture, or added")
    panel.set_xlabel("evaluated on")
    bar = figure.colorbar(image, ax=panel, shrink=0.6, pad=0.01, format=lambda value, _: f"{-value:+.3f}")
    bar.set_label(f"what having it adds to {effects['unit_of_measure']}", color=MUTED, fontsize=7.5)
    bar.outline.set_visible(False)
    for spine in panel.spines.values():
        spine.set_visible(False)
    return Drawing(figure, rows, "What every unit and group is expected to do to every score; no colour where there "
                   "is no clear difference.")  # fmt: skip
