"""What every reader gives: documents, and what becomes of those that cannot be read."""

from collections import Counter
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
    """

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.counts: Counter[str] = Counter()
        self.examples: list[str] = []

    def handle(self, bad: BadRow) -> None:
        """Count a document that cannot be read.

        Raises:
            `InputError`: if the policy is `fail`.
        """
        if self.policy == "fail":
            raise InputError(f"{bad}. Repair it, or count and leave out such documents with `on_bad_row: skip`.")
        self.counts[bad.reason] += 1
        if len(self.examples) < 5:
            self.examples.append(str(bad))
