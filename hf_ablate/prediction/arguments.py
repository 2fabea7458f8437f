"""What `hf-ablate predict` takes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal


@dataclass
class PredictArguments:
    """Which mixtures' losses are predicted, and at which scale."""

    dry_run: ClassVar[bool] = True  # nothing is written, so the run folder need not be locked

    run_dir: Path = field(metadata={"positional": True, "help": "The study's run folder."})
    mixtures: Path = field(
        metadata={
            "help": "Table of the mixtures, CSV, TSV, parquet or JSON lines: a mixture a row and a unit a column, or "
            "in long form with columns for the mixture's id, `unit` and `weight`."
        }
    )
    id_column: str | None = field(
        default=None,
        metadata={
            "help": "The column that tells mixtures apart. Default: `index`, `id`, `run`, `name`, or the first column "
            "of text; otherwise the number of the row."
        },
    )
    scale: str | None = field(
        default=None, metadata={"help": "The scale that is asked about, such as 1B. Default: the largest."}
    )
    predictor: str | None = field(
        default=None, metadata={"help": "By its name. Default: the one that nested cross-validation chooses."}
    )
    output_format: Literal["table", "csv", "json"] = field(
        default="table", metadata={"help": "How the predictions are printed on stdout."}
    )
