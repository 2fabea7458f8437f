"""The arguments of `hf-ablate export`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from ..errors import InputError
from .export_input import ExportOptions, StoppingStrategy


@dataclass
class ExportArguments:
    """Which mixture is exported, to which format, and what the training run is to be.

    Example:

    ```python
    >>> ExportArguments(Path("runs/x"), "trl").options.random_seed
    0

    ```
    """

    dry_run: ClassVar[bool] = True  # nothing is written to the run folder, so it need not be locked

    run_dir: Path = field(metadata={"positional": True, "help": "The study's run folder."})
    to: str = field(
        metadata={
            "help": "The format: datasets, trl, mergekit, torchtitan, nanotron, olmo-core, megatron, litgpt, "
            "mosaic-streaming, csv, json, or yaml (a recipe of `enumerate`)."
        }
    )
    mixture: str = field(
        default="best",
        metadata={
            "help": "`best` (the first of the ranking), an id, a name, or weights of units, patterns and groups as "
            """JSON, for example '{"pandas": 2, "scipy": 1}'."""
        },
    )
    output: Path | None = field(default=None, metadata={"help": "The file to write. Default: stdout."})
    overwrite: bool = field(default=False, metadata={"help": "Replace `output` if it exists."})
    total_tokens: int | None = field(
        default=None,
        metadata={
            "help": "Tokens of the training: csv and json then list tokens and epochs of each unit, olmo-core how "
            "often it may be repeated; units of more than 4 epochs are named, whatever the format."
        },
    )
    max_epochs: float | None = field(
        default=None, metadata={"help": "How often the text of a unit may be repeated at most; needs total_tokens."}
    )
    available_tokens: dict | None = field(
        default=None,
        metadata={"help": "Unit to its tokens. Default: those that the corpus records of the whole partitions."},
    )
    data: Literal["units", "hub"] | None = field(
        default=None,
        metadata={
            "help": "datasets, trl: units reads the token blocks in the run folder, hub the data sets on the Hub that "
            "the corpus was made from. Default: token blocks where there are some."
        },
    )
    data_dir: str = field(
        default="data", metadata={"help": "The folder where each unit is, by its name, in the trainer's own format."}
    )
    random_seed: int = field(default=0, metadata={"help": "Seeds the draws of the trainer."})
    stopping_strategy: StoppingStrategy = field(
        default="first_exhausted",
        metadata={
            "help": "datasets: whether the data ends with the first unit that ends or with the last, the others being "
            "repeated."
        },
    )

    def __post_init__(self) -> None:
        if self.total_tokens is not None and self.total_tokens < 1:
            raise InputError(f"total_tokens is {self.total_tokens}; expected at least 1")
        if self.max_epochs is not None and not self.max_epochs > 0:
            raise InputError(f"max_epochs is {self.max_epochs}; expected a positive number")
        if self.total_tokens is None and (self.max_epochs is not None or self.available_tokens is not None):
            raise InputError(
                "max_epochs and available_tokens need the length of the final training; give its --total_tokens too"
            )
        if self.random_seed < 0:
            raise InputError(f"random_seed is {self.random_seed}; expected 0 or more")
        if not self.data_dir.strip("/"):
            raise InputError(f"data_dir is {self.data_dir!r}; expected a folder, for example data")

    @property
    def options(self) -> ExportOptions:
        """What the text depends on besides the study and the mixture."""
        return ExportOptions(self.data, self.data_dir, self.random_seed, self.stopping_strategy)
