"""What `hf-ablate import` takes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from ..arguments import ModelStageArguments
from ..errors import InputError


class Tables(NamedTuple):
    """Two tables of the same runs, and the scale of these."""

    mixtures: Path
    losses: Path
    scale: str


@dataclass
class ImportArguments(ModelStageArguments):
    """Tables of runs that were trained elsewhere, or a single model for a study."""

    run_dir: Path = field(
        metadata={"positional": True, "help": "The run folder; made if it is missing. Further calls add runs to it."}
    )
    mixtures: Path | None = field(
        default=None,
        metadata={
            "help": "Table of the mixtures, CSV, TSV, parquet or JSON lines: a run a row and a unit a column, or in "
            "long form with columns for the run's id, `unit` and `weight`."
        },
    )
    losses: Path | None = field(
        default=None,
        metadata={
            "help": "Table of the losses of the same runs: a domain a column, or in long form with columns for the "
            "run's id, `domain` and `loss`. Lower is better."
        },
    )
    also_mixtures: list[Path] = field(
        default_factory=list,
        metadata={"help": "One more table of mixtures, for example of another scale; repeatable.", "appends": True},
    )
    also_losses: list[Path] = field(
        default_factory=list, metadata={"help": "The losses to it, in the same order; repeatable.", "appends": True}
    )
    scale: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Scale of the runs, such as 60m or 1B: once for each pair of tables, in order, or once for all "
            "that --also_mixtures adds.",
            "appends": True,
        },
    )
    id_column: str | None = field(
        default=None,
        metadata={
            "help": "The column that tells runs apart. Default: `index`, `id`, `run`, `name`, or the first column "
            "that both tables have."
        },
    )
    seed_column: str | None = field(
        default=None,
        metadata={"help": "The column that tells repeats of a run apart. Default: `seed`, where there is one."},
    )
    mixture_columns: str | None = field(
        default=None,
        metadata={
            "help": "The columns of units, their names in place of the *: 'train_the_pile_*'. '*' takes all as they "
            "are. Default: guessed, and shown."
        },
    )
    loss_columns: str | None = field(
        default=None, metadata={"help": "The columns of domains in the same way: 'metric/the_pile_*_val_loss'."}
    )
    id_prefix: str | None = field(
        default=None,
        metadata={"help": "Put before every id, where tables that are imported one by one number runs alike."},
    )
    unit_of_measure: str = field(default="nats per token", metadata={"help": "What the losses are in."})
    model: Path | None = field(
        default=None, metadata={"help": "Instead of tables: the folder of a model that was trained for this study."}
    )
    mixture: dict | None = field(
        default=None, metadata={"help": "Of --model: unit → weight of what it was trained on."}
    )
    kind: Literal["reference", "component"] = field(
        default="reference",
        metadata={
            "help": "Of --model: a reference model, or the component of one unit, trained from the study's seed."
        },
    )
    tokens: int | None = field(default=None, metadata={"help": "Of --model: the tokens that it was trained on."})
    reference_budget: Literal["fixed", "union"] | None = field(
        default=None,
        metadata={"help": "Of --model: its budget. Default: that of the study's reference models, otherwise fixed."},
    )

    def __post_init__(self) -> None:
        tables = [self.mixtures, self.losses, *self.also_mixtures, *self.also_losses]
        if self.model is not None:
            if any(tables):
                raise InputError("give tables (--mixtures, --losses) or a --model, not both")
            if not self.mixture:
                raise InputError("--model needs the --mixture that it was trained on, as JSON: '{\"code\": 0.5, ...}'")
            return
        if self.mixture is not None:
            raise InputError("--mixture belongs to a --model; a table of mixtures is given as --mixtures FILE")
        if self.mixtures is None or self.losses is None:
            raise InputError(
                "expected --mixtures FILE and --losses FILE, tables of the same runs, or a --model FOLDER"
            )
        if len(self.also_mixtures) != len(self.also_losses):
            raise InputError(
                f"--also_mixtures is given {len(self.also_mixtures)} times and --also_losses "
                f"{len(self.also_losses)} times; every table of mixtures needs one of losses"
            )
        if len(self.scale) not in (0, 1, len(self.also_mixtures), 1 + len(self.also_mixtures)):
            raise InputError(
                f"--scale is given {len(self.scale)} times; expected once for each of the "
                f"{1 + len(self.also_mixtures)} pairs of tables, or once for all that --also_mixtures adds"
            )

    @property
    def tables(self) -> list[Tables]:
        """The pairs of tables in order, each with its scale; empty where none is named."""
        also = len(self.also_mixtures)
        scales = self.scale or [""]
        if also and len(scales) == 1:
            scales = scales * also
        scales = ["", *scales] if also and len(scales) == also else scales
        return [
            Tables(*pair)
            for pair in zip(
                [self.mixtures, *self.also_mixtures], [self.losses, *self.also_losses], scales, strict=True
            )
        ]
