"""The arguments of `hf-ablate report`."""

from dataclasses import dataclass, field

from ..arguments import StageArguments
from ..errors import InputError


NUMBER_OF_UNITS, METHOD = "number_of_units", "method"  # what colours may stand for, beside fields of the corpus


@dataclass(frozen=True)
class ReportSettings:
    """What the page shows, as [`ReportArguments`] explains it."""

    title: str | None = None
    top: int = 10
    targets: tuple[str, ...] = ()
    colour_by: str = NUMBER_OF_UNITS


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
            "help": "What colours of mixtures stand for in scatter plots: `number_of_units`, `method` (of "
            "`enumerate`), or a field of the corpus such as `field` or `source`."
        },
    )

    def __post_init__(self) -> None:
        if self.top < 1:
            raise InputError(f"top is {self.top}; expected at least 1")

    @property
    def settings(self) -> ReportSettings:
        """What the page depends on."""
        return ReportSettings(self.title, self.top, tuple(self.targets or ()), self.colour_by)
