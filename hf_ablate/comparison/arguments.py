"""The arguments of `hf-ablate compare`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from ..errors import InputError
from .facts import FACTS


@dataclass
class CompareArguments:
    """Agreement and loss of several ranked runs, as a table and as curves.

    Example:

    ```python
    >>> CompareArguments([Path("runs/halves"), Path("runs/quarters")], by="slices").by
    'slices'

    ```
    """

    dry_run: ClassVar[bool] = True  # no run folder is written to, so none need be locked

    runs: list[Path] = field(
        default_factory=list, metadata={"positional": True, "help": "Run folders of ranked studies, two or more."}
    )
    by: Literal[*FACTS] | None = field(
        default=None,
        metadata={
            "help": "What the runs are ordered by, and the horizontal axis of the figure. slices: into how many a "
            "partition was cut; parameters: of the models that proxies are made of; component_tokens, seed_tokens: "
            "that each component, and the seed, was trained on; start: whether components start from a seed. Default: "
            "the first of these that differs between the runs, else the run."
        },
    )
    target: str | None = field(
        default=None,
        metadata={
            "help": "What mixtures are judged on in all of the runs, as for `rank` but without weights. Default: the "
            "target of the first study."
        },
    )
    output_dir: Path | None = field(
        default=None, metadata={"help": "Write the figure here as well: compare.png, compare.pdf and compare.csv."}
    )
    output_format: Literal["table", "json", "csv"] = field(
        default="table", metadata={"help": "How the comparison is printed on stdout."}
    )

    def __post_init__(self) -> None:
        if len(self.runs) < 2:
            raise InputError(
                f"compare takes two run folders or more, and got {len(self.runs)}; for example hf-ablate compare "
                "runs/halves runs/quarters"
            )
        folders = [folder.resolve() for folder in self.runs]
        for position, folder in enumerate(folders):
            if folder in folders[:position]:
                raise InputError(f"{self.runs[position]} is named twice; name each run folder once")
