"""A difference with its interval, and whether it is one at all."""

import math
from dataclasses import dataclass

from ..prediction.predictor import two_sided


@dataclass(frozen=True)
class Estimate:
    """A difference of losses, or a sum of such differences.

    Args:
        value (`float`): the estimate.
        sd (`float`): standard deviation of its error.
        low, high (`float`): the ends of its interval.
        told_apart (`bool`): whether it is a difference: the interval does not hold 0, and the noise floor is below it.
    """

    value: float
    sd: float
    low: float
    high: float
    told_apart: bool

    @property
    def half_width(self) -> float:
        """Of the interval: the number after ±."""
        return (self.high - self.low) / 2


def estimate(value: float, sd: float, floor: float, confidence: float) -> Estimate:
    """A Gaussian estimate and its interval.

    Args:
        value (`float`): the estimate.
        sd (`float`): standard deviation of its error.
        floor (`float`): the noise floor, see [`noise_floor`].
        confidence (`float`): the probability that the interval holds the true value.

    Example:

    ```python
    >>> [estimate(0.01, 0.004, floor, 0.9).told_apart for floor in (0.008, 0.012)]
    [True, False]

    ```
    """
    half = two_sided(confidence) * sd
    low, high = value - half, value + half
    return Estimate(value, sd, low, high, (low > 0 or high < 0) and abs(value) >= floor)


def noise_floor(noise: float, confidence: float) -> float:
    """What two trainings on one mixture differ by at most, with this probability.

    Args:
        noise (`float`): variance between trainings with different seeds; the difference of two has twice that.
        confidence (`float`): between 0 and 1.
    """
    return two_sided(confidence) * math.sqrt(2 * noise)
