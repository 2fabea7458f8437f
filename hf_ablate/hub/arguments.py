"""What `hf-ablate push` and `hf-ablate pull` take."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError


Part = Literal[
    "all", "seed", "components", "references", "merged", "corpus", "scores", "report", "explorer", "metrics"
]
PulledPart = Literal["all", "seed", "components", "references", "merged", "corpus", "scores", "report"]
# A collection's title has at most 60 characters.
_PREFIX = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]{0,59}")


@dataclass
class PushArguments(StageArguments):
    """Which parts of a study are pushed, and where to."""

    run_dir: Path = field(default=Path("runs/study"), metadata={"positional": True, "help": "The study's run folder."})
    what: list[Part] = field(
        default_factory=lambda: ["all"],
        metadata={
            "help": "Parts of the study; all: every part that is finished. metrics: the package's metric modules."
        },
    )
    repo_prefix: str = field(
        default="", metadata={"help": "ORG/NAME: the repositories are ORG/NAME-seed, ORG/NAME-corpus, ..."}
    )
    public: bool = field(default=False, metadata={"help": "Make the repositories public. They are private otherwise."})
    private: bool = field(default=False, metadata={"help": "Make the repositories private, which is the default."})
    revision: str = field(default="main", metadata={"help": "The branch to push to; it is created if it is missing."})
    overwrite: bool = field(
        default=False, metadata={"help": "Replace what the branch holds if that is something else."}
    )
    license: str | None = field(default=None, metadata={"help": "Licence of the models, by its id on the Hub."})
    corpus_license: str | None = field(
        default=None, metadata={"help": "Licence of the corpus and its evaluation text, by its id on the Hub."}
    )
    language: list[str] = field(default_factory=list, metadata={"help": "Languages for the cards, for example en de."})

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.repo_prefix) or re.search(r"--|\.\.", self.repo_prefix):
            raise InputError(
                f"`repo_prefix` is {self.repo_prefix!r}; expected ORG/NAME of letters, digits, -, _ and ., for "
                "example ada/quickstart: the repositories are then ada/quickstart-seed, ada/quickstart-corpus, ..."
            )
        if self.public and self.private:
            raise InputError("give `--public` or `--private`, not both")
        if not self.run_dir.is_dir():
            raise InputError(f"{self.run_dir} is not a run folder (looked for {self.run_dir.resolve()})")


@dataclass
class PullArguments:
    """What is pulled from the Hub into a run folder."""

    source: str = field(
        metadata={
            "positional": True,
            "help": "ORG/NAME-pool, a collection or one model; @REVISION pins a branch, tag or commit.",
        }
    )
    run_dir: Path = field(metadata={"positional": True, "help": "The run folder to pull into."})
    what: list[PulledPart] = field(default_factory=lambda: ["all"], metadata={"help": "Parts of the pool."})
    overwrite: bool = field(
        default=False, metadata={"help": "Replace what the run folder holds if that is something else."}
    )
    dry_run: bool = field(default=False, metadata={"help": "Print what would be pulled, and pull nothing."})
    output_format: Literal["table", "json"] = field(
        default="table", metadata={"help": "How results are printed on stdout."}
    )

    def __post_init__(self) -> None:
        if "/" not in self.source:
            raise InputError(
                f"{self.source!r} is not an id on the Hub; expected ORG/NAME-pool, a collection or ORG/MODEL"
            )
