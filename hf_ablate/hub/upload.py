"""What one repository is to hold, and which files of a model may leave the machine at all."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..manifest import MANIFEST


CARD = "README.md"
ADAPTER_CONFIG = "adapter_config.json"
# Named one by one, so that checkpoints, optimizer states, training arguments and pickles never leave the machine.
MODEL_FILES = (
    "config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer.json",
    "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.*",
    "merges.txt", "chat_template.jinja", "configuration_*.py", "modeling_*.py", ADAPTER_CONFIG,
    "metrics.jsonl", MANIFEST,
)  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """What one repository is to hold.

    Args:
        member (`str`): `seed`, `component:<unit>`, `corpus`, …
        repo_id (`str`), repo_type (`str`): where it goes; `model`, `dataset` or `space`.
        files (`dict[str, Path | bytes]`): path in the repository → file, or its content.
        facts (`dict`): the manifest that the list of the pool's members quotes.
        tag (`str`): the tag of the commit, for weights that merges refer to.
        space_sdk (`str`): for a Space, what runs it.
    """

    member: str
    repo_id: str
    repo_type: str
    files: dict[str, Path | bytes]
    facts: dict[str, Any] = field(default_factory=dict)
    tag: str = ""
    space_sdk: str = ""

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(len(item) if isinstance(item, bytes) else item.stat().st_size for item in self.files.values())


def found_files(folder: Path, patterns: tuple[str, ...]) -> dict[str, Path]:
    """The files that match, by their path in the folder."""
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
    return {path.relative_to(folder).as_posix(): path for path in paths if not path.name.startswith(".")}
