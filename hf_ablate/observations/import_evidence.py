"""`hf-ablate import`: runs from tables, or a model, that were trained elsewhere become part of a study."""

import json
import logging
from collections import Counter
from pathlib import Path

from ..text_table import text_table
from .arguments import ImportArguments
from .import_model import import_model
from .import_runs import import_tables
from .runs import ImportedRuns, write_runs


logger = logging.getLogger(__name__)


def run(arguments: ImportArguments) -> None:
    """Check everything, then write what is new."""
    if arguments.model is not None:
        import_model(arguments)
        return
    before, imported = import_tables(arguments)
    if not arguments.dry_run and not write_runs(arguments.run_dir, imported):
        logger.info("observations: unchanged, nothing to do")
    _print(before, imported, arguments.run_dir, arguments.output_format)


def _print(before: ImportedRuns | None, imported: ImportedRuns, run_dir: Path, output_format: str) -> None:
    known = Counter(run.scale for run in before.runs) if before else Counter()
    rows = [
        {
            "scale": scale, "runs": count, "new": count - known[scale], "units": len(imported.units),
            "domains": len(imported.domains),
        }
        for scale, count in Counter(run.scale for run in imported.runs).items()
    ]  # fmt: skip
    if output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    cells = [
        [row["scale"] or "base", *(str(row[name]) for name in ("runs", "new", "units", "domains"))] for row in rows
    ]
    print(text_table(["scale", "runs", "new", "units", "domains"], cells))
