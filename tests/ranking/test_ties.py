"""Which mixtures are tied with the best: known answers."""

import numpy as np
import pytest

from hf_ablate.prediction.predictor import Joint
from hf_ablate.ranking.ties import tied_with_best


class Known:
    """A predictor whose errors have a given standard deviation and correlation."""

    def __init__(self, sd, correlation):
        self.sd, self.correlation = sd, correlation

    def joint(self, weights, target):
        covariance = np.full((len(weights),) * 2, self.correlation) + (1 - self.correlation) * np.eye(len(weights))
        return Joint(weights[:, 0], self.sd**2 * covariance, noise=0.0)


WEIGHTS = np.array([[first, 1 - first] for first in (0.5, 0.1, 0.2, 0.12)])
TARGET = np.ones(1)


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
    errors, tied = tied_with_best(Known(sd, correlation), WEIGHTS, WEIGHTS[:, 0], TARGET, 0.95, floor)
    assert tied.tolist() == expected
    assert errors == pytest.approx([sd] * 4)


def test_more_mixtures_than_one_covariance_matrix_holds():
    first = np.linspace(0.1, 0.9, 2500)
    weights = np.column_stack([first, 1 - first])
    _, tied = tied_with_best(Known(0.01, 0.0), weights, first, TARGET, 0.95, 0.0)
    assert tied.tolist() == (first <= 0.1 + 1.6448536 * 0.01 * np.sqrt(2)).tolist()
