"""What every reader gives: documents, and what becomes of those that cannot be read."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import InputError


if TYPE_CHECKING:
    import numpy as np


BYTES_PER_TOKEN = 4  # where a document comes as token ids, about the size of its text


@dataclass(slots=True)
class Document:
    """One document.

    Args:
        row (`int`): its place in its file.
        id (`str`): what its split and its place in a unit are drawn from.
        text (`str`): its text; empty where it comes as token ids.
        fields (`dict[str, Any]`): what the partition rule can look at.
        ids (`np.ndarray`, *optional*): its token ids, without end of text, where it comes tokenised.
    """

    row: int
    id: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)
    ids: "np.ndarray | None" = None

    def content(self) -> tuple[bytes, int]:
        """What makes two documents the same, and the size of the text in bytes (an estimate for token ids)."""
        if self.ids is not None:
            return self.ids.tobytes(), BYTES_PER_TOKEN * len(self.ids)
        content = self.text.encode("utf-8", "surrogatepass")
        return content, len(content)


class BadRow(Exception):
    """A document that cannot be read.

    Args:
        place (`str`): the file and, if there is one, the line.
        reason (`str`): what is wrong; skipped documents are counted by it.
        detail (`str`): what is wrong with this one.
    """

    def __init__(self, place: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{place}: {reason}{detail and f' ({detail})'}")
        self.reason = reason


class BadRows:
    """The documents that cannot be read.

    Args:
        policy (`str`): `fail` at the first, or `skip` and count them.

    Attributes:
        left_out (`dict[str, dict[str, Any]]`): reason → `documents`, `bytes` (unknown: 0) and some `examples`.
    """

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.left_out: dict[str, dict[str, Any]] = {}

    def handle(self, bad: BadRow, count: int = 1) -> None:
        """Count a document that cannot be read, or several with the same defect.

        Raises:
            `InputError`: if the policy is `fail`.
        """
        if self.policy == "fail":
            raise InputError(f"{bad}. Repair it, or count and leave out such documents with `on_bad_row: skip`.")
        self._count(f"cannot be read: {bad.reason}", str(bad), count)

    def handle_empty(self, file_name: str, what: str) -> None:
        """Count a file without any document, which is not an error: Spark writes such parts."""
        self._count(f"is empty: it holds no {what}", file_name, 1)

    def _count(self, reason: str, example: str, count: int) -> None:
        entry = self.left_out.setdefault(reason, {"documents": 0, "bytes": 0, "examples": []})
        entry["documents"] += count
        if len(entry["examples"]) < 5:
            entry["examples"].append(example)
