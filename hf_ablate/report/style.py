"""The look of figures: one palette with the page, no random ids in the files."""

from collections.abc import Iterator
from contextlib import contextmanager

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ..palette import ACCENT, INK
from .fonts import font_families, missing_letters_named_once


MUTED, GRID, SECOND, GREY = "#66707d", "#e4e8ed", "#c4631a", "#9aa5b1"
SEQUENCE = LinearSegmentedColormap.from_list("hf_ablate", ["#b9d4e6", "#6fa8cc", "#2d79a8", "#14527d", "#0a2d4a"])
HEAT = LinearSegmentedColormap.from_list("hf_ablate_heat", [ACCENT, "#7fb0d0", "#d7e5ef", "#faf6f0", "#f0d3b4"])
DIVERGING = LinearSegmentedColormap.from_list("hf_ablate_diverging", [SECOND, "#f0d3b4", "#faf8f5", "#b9d4e6", ACCENT])
LINES = [ACCENT, SECOND, "#3d8b5f", "#8a4f9e", "#b0913c", "#4c9aa8", "#a8434f", "#6b7280", "#2f3e9e", "#7a9a2f"]
WIDTH = 10.4  # of every figure, in inches
_RC = {
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": MUTED,
    "axes.labelsize": 7.5,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "hf_ablate",
    "pdf.fonttype": 42,
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "savefig.dpi": 200,
    "figure.dpi": 100,
}


@contextmanager
def style() -> Iterator[None]:
    """The context in which figures are drawn and saved."""
    with rc_context(_RC | {"font.family": font_families()}), missing_letters_named_once():
        yield


def panels(columns: int, rows: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with a grid of axes.

    Args:
        columns (`int`): of the grid.
        rows (`int`): of the grid.
        width (`float`): of the figure, in inches.
        height (`float`): of each row, in inches.

    Returns:
        `tuple[Figure, list[Axes]]`: the figure, and its axes in reading order.
    """
    figure = Figure(figsize=(width, height * rows), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08, wspace=0.02, hspace=0.03)
    grid = figure.subplots(rows, columns, squeeze=False)
    return figure, [axes for row in grid for axes in row]


def label_text(name: str, most: int = 28) -> str:
    """A name as a label in a figure: of a long one its beginning and its end, which tell it from others.

    Example:

    ```python
    >>> label_text("Computer_Science_1970_to_1999_applied")
    'Computer_Scie…_1999_applied'

    ```
    """
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"
