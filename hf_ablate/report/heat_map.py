"""What heat maps share: numbers in cells, labels above columns."""

from matplotlib.axes import Axes

from .style import INK, label_text


_MOST_SLANTED = 12


def cell_text(panel: Axes, row: int, column: int, text: str, colour: str) -> None:
    """A number in a cell of a heat map, which the layout need not know of: it measures every text.

    Args:
        panel (`Axes`): of the heat map.
        row (`int`): of the cell.
        column (`int`): of the cell.
        text (`str`): of the cell.
        colour (`str`): of the text.
    """
    drawn = panel.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
    drawn.set_in_layout(False)


def top_labels(panel: Axes, labels: list[str]) -> None:
    """Labels of columns above a panel: slanted or, where many slanted ones would overlap, upright."""
    labels = [label_text(label) for label in labels]
    if len(labels) > _MOST_SLANTED:
        panel.set_xticks(range(len(labels)), labels, rotation=90, color=INK)
    else:
        panel.set_xticks(range(len(labels)), labels, rotation=35, ha="left", rotation_mode="anchor", color=INK)
    panel.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
