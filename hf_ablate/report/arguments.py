"""The arguments of `hf-ablate report`."""

from dataclasses import dataclass, field

from ..arguments import StageArguments
from ..errors import InputError


@dataclass
class ReportArguments(StageArguments):
    """Write `report/index.html`, which opens offline, and its figures as PNG and PDF, with their numbers as CSV.

    Example:

    ```python
    >>> ReportArguments(title="Fields of study").top
    10

    ```
    """

    title: str | None = field(default=None, metadata={"help": "Title of the page. Null: the run folder's name."})
    top: int = field(default=10, metadata={"help": "Mixtures in the ranking table."})

    def __post_init__(self) -> None:
        if self.top < 1:
            raise InputError(f"top is {self.top}; expected at least 1")
