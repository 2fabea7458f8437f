"""What one repository is to hold, and which files of a model may leave the machine at all."""

from collections.abc import Iterable
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
    "merges.txt", "chat_template.jinja", "*.py", ADAPTER_CONFIG,
    "metrics.jsonl", MANIFEST,
)  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """What one repository is to hold.

    Args:
        member (`str`): `seed`, `component:<unit>`, `corpus`, …
        repo_id (`str`): the repository's id.
        repo_type (`str`): `model`, `dataset` or `space`.
        files (`dict[str, Path | bytes]`): path in the repository → the file, or its content.
        manifest (`dict`): what the list of the pool's members quotes; empty for what is not a member.
        tag (`str`): the tag of the commit, for weights that merges refer to.
        space_sdk (`str`): for a Space, what runs it.
    """

    member: str
    repo_id: str
    repo_type: str
    files: dict[str, Path | bytes]
    manifest: dict[str, Any] = field(default_factory=dict)
    tag: str = ""
    space_sdk: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size_of(item) for item in self.files.values())


def size_of(item: Path | bytes) -> int:
    """Bytes of a file, or of its content."""
    return len(item) if isinstance(item, bytes) else item.stat().st_size


def content_of(item: Path | bytes) -> bytes:
    """The content of a file, or what is its content already."""
    return item if isinstance(item, bytes) else item.read_bytes()


def matching_files(folder: Path, patterns: Iterable[str | Path]) -> dict[str, Path | bytes]:
    """The files in a folder that match one of the patterns, but hidden ones.

    Args:
        folder (`Path`): where to look.
        patterns (`Iterable[str | Path]`): globs relative to the folder.

    Returns:
        `dict[str, Path | bytes]`: path in the folder → file, in order.
    """
    paths = sorted({path for pattern in patterns for path in folder.glob(str(pattern)) if path.is_file()})
    return {path.relative_to(folder).as_posix(): path for path in paths if not path.name.startswith(".")}
