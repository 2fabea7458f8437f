"""Which mixtures are tied with the best: known answers."""

import numpy as np
import pytest

from hf_ablate.prediction.predictor import Spread
from hf_ablate.ranking.ties import tied_with_best


class Known:
    """A predictor whose errors have a given standard deviation and correlation."""

    def __init__(self, sd, correlation):
        self.sd, self.correlation = sd, correlation

    def spread(self, weights, bases, targets):
        variance = np.full((len(targets), len(weights)), self.sd**2)
        return Spread.of(variance, variance[:, 0], self.correlation * variance, np.zeros(len(targets)))


WEIGHTS = np.array([[first, 1 - first] for first in (0.5, 0.1, 0.2, 0.12)])
TARGETS = np.ones((1, 1))


@pytest.mark.parametrize(
    ("sd", "correlation", "floor", "expected"),
    [
        (0.01, 0.0, 0.0, [False, True, False, True]),  # 1.645 · 0.01 · √2 = 0.023
        (0.01, 0.9, 0.0, [False, True, False, False]),  # what errors have in common cancels
        (0.01, 0.9, 0.05, [False, True, False, True]),  # below the noise floor
        (1.0, 0.0, 0.0, [True, True, True, True]),
    ],
)
def test_a_mixture_is_tied_within_the_error_of_the_difference_or_the_noise_floor(sd, correlation, floor, expected):
    errors, tied = tied_with_best(
        Known(sd, correlation), WEIGHTS, WEIGHTS[:, 0][None], TARGETS, 0.95, np.array([floor])
    )
    assert tied.tolist() == [expected]
    assert errors[0] == pytest.approx([sd] * 4)


def test_more_mixtures_than_are_compared_at_once():
    first = np.linspace(0.1, 0.9, 2500)
    weights = np.column_stack([first, 1 - first])
    _, tied = tied_with_best(Known(0.01, 0.0), weights, first[None], TARGETS, 0.95, np.zeros(1))
    assert tied[0].tolist() == (first <= 0.1 + 1.6448536 * 0.01 * np.sqrt(2)).tolist()


def test_targets_together_are_as_targets_one_by_one():
    """Each has a best of its own, which is compared with all mixtures though these are compared in several parts."""
    first = np.random.default_rng(0).random(2100)
    weights, means = np.column_stack([first, 1 - first]), np.stack([first, 1 - first])
    together = tied_with_best(Known(0.01, 0.5), weights, means, np.eye(2), 0.95, np.array([0.0, 0.1]))
    for row, floor in enumerate((0.0, 0.1)):
        alone = tied_with_best(Known(0.01, 0.5), weights, means[row : row + 1], TARGETS, 0.95, np.array([floor]))
        for every, one in zip(together, alone, strict=True):
            assert (every[row] == one[0]).all()
    near = means - means.min(axis=1, keepdims=True)
    assert (together[1] == (near <= [[1.6448536 * 0.01], [0.1]])).all()
