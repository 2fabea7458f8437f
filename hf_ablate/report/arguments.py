"""The arguments of `hf-ablate report`."""

import math
from dataclasses import dataclass, field
from typing import Literal

from ..arguments import StageArguments
from ..errors import InputError
from ..merging.pool_updates import MOST_BYTES


# With more units, search and fits take longer than a page should: `hf-ablate propose` searches all the same.
MOST_UNITS = 12
Slow = Literal["auto", "all", "none"]
NUMBER_OF_UNITS, METHOD = "number_of_units", "method"  # what colours may stand for, beside fields of the corpus


@dataclass(frozen=True)
class ReportSettings:
    """What the page shows, as [`ReportArguments`] explains it."""

    title: str | None = None
    top: int = 10
    targets: tuple[str, ...] = ()
    colour_by: str = NUMBER_OF_UNITS
    slow: Slow = "auto"

    @property
    def most_bytes(self) -> float:
        """Of components' weights that are read."""
        return {"auto": MOST_BYTES, "all": math.inf, "none": 0}[self.slow]

    @property
    def most_units(self) -> float:
        """Of a study whose predictor is fitted again on parts of the reference models."""
        return {"auto": MOST_UNITS, "all": math.inf, "none": 0}[self.slow]


DEFAULTS = ReportSettings()


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
    targets: list[str] | None = field(
        default=None,
        metadata={
            "help": "What tables and figures show beside the mean of domains: domains, sources, FIELD=VALUE (the mean "
            "of the domains of a group of units), or patterns of these, such as 'wiki/*'. Default: all domains; of "
            "more than 12 the means of sources and of the largest groups."
        },
    )
    colour_by: str = field(
        default=NUMBER_OF_UNITS,
        metadata={
            "help": "What the colours of mixtures mean in scatter plots: `number_of_units`, `method` (of "
            "`enumerate`), or a field of the corpus such as `field` or `source`."
        },
    )
    slow: Slow = field(
        default="auto",
        metadata={
            "help": "What takes long: the regret by number of reference models (the predictor is fitted again on "
            "parts of them) and the updates of components (all their weights are read, once). auto: the first for "
            f"up to {MOST_UNITS} units, the second for up to {MOST_BYTES / 1e9:.0f} GB; all, none: both, neither. "
            "Updates that are already known are always shown."
        },
    )

    def __post_init__(self) -> None:
        if self.top < 1:
            raise InputError(f"top is {self.top}; expected at least 1")

    @property
    def settings(self) -> ReportSettings:
        """What the page depends on."""
        return ReportSettings(self.title, self.top, tuple(self.targets or ()), self.colour_by, self.slow)
