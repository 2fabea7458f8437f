"""Out-of-fold predictions: no run is predicted by a law that has seen its mixture."""

from dataclasses import dataclass

import numpy as np
from simulated_runs import mixtures, observed

from hf_ablate.prediction.laws.power import fit_power_law
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.out_of_fold import out_of_fold


@dataclass(frozen=True)
class Remembers:
    """Predicts how many of the runs that it was fitted on have the mixture, and how many runs these were."""

    runs: Observations

    def losses(self, weights: np.ndarray) -> np.ndarray:
        seen = (weights[:, None] == self.runs.weights).all(axis=2).sum(axis=1)
        return np.column_stack([seen, np.full(len(weights), len(self.runs))]).astype(float)


def test_neither_a_run_nor_its_repeats_are_seen_and_all_others_but_a_fold_are():
    weights = np.repeat(mixtures(10, 3), 2, axis=0)
    runs = Observations(tuple(f"m-{row // 2}" for row in range(20)), weights, np.zeros((20, 2)))
    predicted = out_of_fold(Remembers, runs, folds=5, seed=0)
    assert (predicted[:, 0] == 0).all()
    assert (predicted[:, 1] == 16).all()


def test_the_seed_decides_the_folds():
    weights = mixtures(30, 3)
    runs = observed(
        weights, (weights**0.5 @ np.array([[1.0], [-2.0], [0.5]])) + np.random.default_rng(1).normal(size=(30, 1))
    )
    first, again, other = (out_of_fold(fit_power_law, runs, folds=3, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_with_as_many_folds_as_runs_each_is_predicted_by_all_others_and_a_missing_loss_stays_missing():
    weights = mixtures(12, 3)
    runs = observed(weights, np.column_stack([weights**0.5 @ [1.0, -2.0, 0.5], weights**0.5 @ [0.0, 1.0, 0.5]]))
    runs.losses[4, 1] = np.nan
    predicted = out_of_fold(fit_power_law, runs, folds=12, seed=0)
    expected = fit_power_law(runs.only(np.delete(np.arange(12), 2))).losses(weights[[2]])
    assert np.allclose(predicted[2], expected)
    assert np.argwhere(np.isnan(predicted)).tolist() == [[4, 1]]
