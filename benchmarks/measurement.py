"""What a benchmark claims: how much of one way's time, memory or error another takes, round by round."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class CannotRun(Exception):
    """A benchmark lacks something here: a GPU, data that have to be downloaded, a library."""


@dataclass(frozen=True)
class Measurement:
    """A ratio that was measured in several rounds, the two sides of a round beside each other.

    Args:
        name (`str`): Of the measurement, unlike all others; results of two runs are compared by it.
        compared (`str`): What is divided by what, in one line.
        ratios (`Sequence[float]`): One a round.
        more_is_better (`bool`): Whether a larger ratio is the better one.
        goal (`float`, *optional*): The median that is asked for.

    Example:

    ```python
    >>> speed = Measurement("scoring", "tokens/s / lm-eval's tokens/s", (2.1, 2.4, 2.0), more_is_better=True, goal=2)
    >>> speed.median, speed.spread, speed.reached
    (2.1, (2.0, 2.4), True)
    >>> Measurement.from_json(speed.to_json()) == speed
    True

    ```
    """

    name: str
    compared: str
    ratios: Sequence[float]
    more_is_better: bool
    goal: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratios", tuple(map(float, self.ratios)))
        if not self.ratios:
            raise ValueError(f"the measurement {self.name!r} has no rounds")

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest of the rounds."""
        return min(self.ratios), max(self.ratios)

    @property
    def reached(self) -> bool | None:
        """Whether the median is as good as the goal; None without a goal."""
        if self.goal is None:
            return None
        return self.median >= self.goal if self.more_is_better else self.median <= self.goal

    def to_json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "ratios": list(self.ratios), "median": self.median}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "Measurement":
        return cls(**{field.name: entry[field.name] for field in dataclasses.fields(cls)})
