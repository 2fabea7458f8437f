"""Whether something will change, as far as that is known before it is done, and the plan of a stage."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from ...text_table import paragraph


class Change(IntEnum):
    """Whether something will change. The largest of several says whether any of them will.

    Example:

    ```python
    >>> max(Change.NO, Change.MAYBE).name
    'MAYBE'

    ```
    """

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True)
class StagePlan:
    """What a stage will do.

    Args:
        stage (`str`): its name.
        change ([`Change`]): whether it will write anything.
        what (`str`): what it will do, in words; for `MAYBE`, what it may do.
        after (`str`): for `MAYBE`, the earlier stage whose results decide.
        details (`str`): lines below the first, such as a table of costs.
        facts (`dict[str, Any]`): the same for programs, JSON-serialisable.
    """

    stage: str
    change: Change
    what: str = ""
    after: str = ""
    details: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_text(self) -> str:
        """A line, and the details below it."""
        if self.change is Change.NO:
            line = "unchanged, nothing to do"
        elif self.change is Change.YES:
            line = self.what
        else:
            line = f"unknown until {self.after} has run" + (f": {self.what}" if self.what else "")
        return "\n".join([paragraph(f"{self.stage}: {line}"), *([self.details] if self.details else [])])

    def as_json(self) -> dict[str, Any]:
        """`stage`, `state` (`unchanged`, `to do` or `unknown`), `unknown_until` (a stage), and the facts."""
        state = {Change.NO: "unchanged", Change.MAYBE: "unknown", Change.YES: "to do"}[self.change]
        until = {"unknown_until": self.after} if self.change is Change.MAYBE else {}
        return {"stage": self.stage, "state": state, **until, **self.facts}
