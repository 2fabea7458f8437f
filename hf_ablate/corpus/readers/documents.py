"""What every reader gives: documents, and what to do with those that cannot be read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputError


@dataclass(slots=True)
class Document:
    """One document.

    Args:
        row (`int`): its place in its file.
        id (`str`): what its split and its place in a unit are drawn from.
        text (`str`): its text.
        fields (`dict[str, Any]`): what the partition rule can look at.
    """

    row: int
    id: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)


class BadRow(Exception):
    """A document that cannot be read. `place` is the file and, if there is one, the line."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.reason = reason


class BadRows:
    """Fails at the first bad row, or counts them: `--on_bad_row`."""

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.counts: Counter[str] = Counter()
        self.examples: list[str] = []

    def handle(self, bad: BadRow) -> None:
        if self.policy == "fail":
            raise InputError(f"{bad}. Repair it, or count and leave out such documents with `on_bad_row: skip`.")
        self.counts[bad.reason] += 1
        if len(self.examples) < 5:
            self.examples.append(str(bad))
