"""What `hf-ablate evaluate` takes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError


@dataclass
class EvaluateArguments(StageArguments):
    """What is scored, on which text, and how.

    Without `model`, a study is scored: its seed, components, finished reference models, and a proxy for every mixture.
    """

    model: list[str] = field(
        default_factory=list,
        metadata={"help": "Models to score: folders, Hub ids or mergekit YAML files. Default: all of the study's."},
    )
    data: list[Path] = field(
        default_factory=list,
        metadata={
            "help": "Evaluation text: folders <source>/<split>/*.jsonl.gz, single jsonl files, or run folders. "
            "Default: the study's own."
        },
    )
    split: str = field(default="val", metadata={"help": "The split to score: val or test."})
    output_dir: Path | None = field(
        default=None, metadata={"help": "Where score rows go. Default: `scores` in the run folder."}
    )
    limit: int | None = field(
        default=None, metadata={"help": "Score this many documents of each source, drawn as in the paper."}
    )
    max_length: int | None = field(
        default=None, metadata={"help": "Most tokens in a window. Default, and at most: what the model can read."}
    )
    dtype: Literal["float32", "bfloat16", "float16"] = field(
        default="float32",
        metadata={"help": "Number format of the forward pass; log-probabilities are float32 whatever it is."},
    )
    batch_tokens: int = field(default=2048, metadata={"help": "Most tokens in a forward pass."})
    proxy: Literal["merge", "ensemble", "both"] = field(
        default="both",
        metadata={
            "help": "Proxies of the mixtures: averages of the components' weights, of their probabilities, or both. "
            "The second costs no forward pass."
        },
    )
    per_document: bool = field(
        default=False, metadata={"help": "Also write one row per document, to documents.jsonl."}
    )

    def __post_init__(self) -> None:
        for name in ("limit", "max_length", "batch_tokens"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; expected at least 1")
        if self.model and self.output_dir is None:
            raise InputError("models outside a study are scored into a folder of their own; give `output_dir`")
        if self.model and not self.data:
            raise InputError("models outside a study need evaluation text; give `data`")
        if self.model:
            self.run_dir = self.output_dir

    @property
    def scores_dir(self) -> Path:
        return self.output_dir or self.run_dir / "scores"
