"""A figure with its numbers and its caption, and its files: PNG, PDF and, with the numbers, CSV.

To add a figure to the report: in a module of its own, write a function that takes a [`RankedStudy`] and returns a
[`Drawing`], or `None` where the study lacks the data; then name it in `sections.py`, under the section of the page
that shows it. Files, CSV, caption and the place in the page follow. Colours and
sizes come from `style.py`, so that figures agree with each other and with the page.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ..manifest import atomic_path, write_text
from ..records import csv_text


@dataclass(frozen=True)
class Drawing:
    """A figure and what belongs to it.

    Args:
        figure (`Figure`): drawn in the context of [`style`].
        rows (`list[dict[str, Any]]`): the numbers that it shows, as flat records with the same keys: those
            of docs/json.md wherever these have a name for it.
        caption (`str`): what the page says beneath it, in a sentence or two.
    """

    figure: Figure
    rows: list[dict[str, Any]]
    caption: str


def save(drawing: Drawing, folder: Path, name: str) -> str:
    """Save a figure as PNG and PDF, and its numbers as CSV.

    Args:
        drawing ([`Drawing`]): the figure.
        folder (`Path`): where the files go.
        name (`str`): of the files, without the ending.

    Returns:
        `str`: the figure as SVG, to be set into a page.
    """
    figure = drawing.figure
    figure.get_layout_engine().execute(figure)  # once, since it takes longer than to draw
    figure.set_layout_engine(None)  # "none" would leave an engine, for whose sake `savefig` draws everything twice
    # Without dates and versions the same study gives the same bytes.
    with atomic_path(folder / f"{name}.png") as path:
        figure.savefig(path, format="png", metadata={"Software": None})
    with atomic_path(folder / f"{name}.pdf") as path:
        figure.savefig(path, format="pdf", metadata={"CreationDate": None, "Producer": None, "Creator": None})
    write_text(folder / f"{name}.csv", csv_text(drawing.rows))
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    # Ids are unique in a file, not in a page; and HTML has no XML header.
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg[svg.index("<svg") :])
