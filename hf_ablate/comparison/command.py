"""`hf-ablate compare`: agreement and loss of several runs as a table, JSON, CSV and a figure."""

import logging
from typing import Any

from ..records import print_csv, records_text
from .arguments import CompareArguments
from .content import compare_runs
from .tables import comparison_table


logger = logging.getLogger(__name__)
FIGURE = "compare"


def run(arguments: CompareArguments) -> None:
    """Print the comparison, and write the figure where one is asked for."""
    content = compare_runs(arguments.runs, arguments.target, arguments.by)
    if arguments.output_dir is not None:
        from ..report.comparison_figure import comparison_curves
        from ..report.drawing import save
        from ..report.style import style

        with style():
            save(comparison_curves(content, curve_records(content)), arguments.output_dir, FIGURE)
        logger.info("figure: %s", arguments.output_dir / f"{FIGURE}.png")
    if arguments.output_format == "json":
        print(records_text(content))
    elif arguments.output_format == "csv":
        print_csv(curve_records(content))
    else:
        print(comparison_table(content))


def curve_records(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The comparison with the facts of each run, as curves are drawn from it.

    Args:
        content (`dict`): of [`compare_runs`].
    """
    runs = {row["run"]: row for row in content["runs"]}
    return [runs[record["run"]] | {"target": content["target"]} | record for record in content["comparison"]]
