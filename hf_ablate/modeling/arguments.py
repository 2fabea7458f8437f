"""What `hf-ablate convert` takes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass
class ConvertArguments:
    """A checkpoint of the seeds' architecture, and the folder to write it to."""

    source: str = field(
        metadata={
            "positional": True,
            "help": "A checkpoint file of the original training, a folder with model.pt and config.yaml, or a folder "
            "or Hub id of the `hf_olmo` form.",
        }
    )
    output: Path = field(metadata={"positional": True, "help": "The folder to write; it must not exist yet."})
    size: Literal["130m", "300m", "1.1b"] | None = field(
        default=None, metadata={"help": "The size of a checkpoint that has no configuration."}
    )
    config: Path | None = field(
        default=None,
        metadata={
            "help": "The configuration of a checkpoint that has none, as a YAML or JSON file; that of another "
            "checkpoint of its size will do."
        },
    )
    dtype: Literal["float32", "bfloat16", "float16"] | None = field(
        default=None, metadata={"help": "Number format of the written weights. Default: the checkpoint's."}
    )
    tokenizer: str | None = field(
        default=None,
        metadata={"help": "Folder or Hub id of the tokenizer, for a checkpoint that comes without one."},
    )
    revision: str | None = field(default=None, metadata={"help": "Branch, tag or commit of a Hub id."})
    overwrite: bool = field(default=False, metadata={"help": "Replace a model that is in the output folder."})
    dry_run: bool = field(default=False, metadata={"help": "Check the checkpoint, and write nothing."})
    output_format: Literal["table", "json"] = field(
        default="table", metadata={"help": "How the summary is printed on stdout."}
    )
