"""Gradient-boosted trees: an optional library, the same result every time, and good enough on real runs."""

import sys

import numpy as np
import pytest
from regmix_runs import larger, rank_correlations, swarm
from simulated_runs import mixtures, observed

from hf_ablate.errors import InputError
from hf_ablate.prediction.laws.averaged import fit_averaged_laws, with_trees
from hf_ablate.prediction.laws.trees import fit_trees


def steps(weights: np.ndarray) -> np.ndarray:
    """Losses on two domains that jump where a unit's weight passes a bound."""
    return np.column_stack([weights[:, 0] > 0.3, (weights[:, 1] > 0.1) & (weights[:, 2] > 0.1)]).astype(float)


def test_too_few_runs_to_judge_trees_by_folds_are_an_input_error():
    runs = observed(mixtures(9, 4), steps(mixtures(9, 4)))
    with pytest.raises(InputError, match="need 10 runs or more, of which an eighth .* and there are 9"):
        with_trees(fit_averaged_laws(runs), runs)


def test_jumps_are_found_again():
    fitted = fit_trees(observed(mixtures(200, 4), steps(mixtures(200, 4))))
    new = mixtures(200, 4, seed=1)
    assert (np.abs(fitted.losses(new) - steps(new)) < 0.1).mean() > 0.9


def test_few_runs_are_not_all_put_into_one_leaf_and_the_result_is_the_same_every_time():
    runs, new = observed(mixtures(16, 4), steps(mixtures(16, 4))), mixtures(50, 4, seed=1)
    losses = fit_trees(runs).losses(new)
    assert np.corrcoef(losses[:, 0], steps(new)[:, 0])[0, 1] > 0.7
    assert np.array_equal(losses, fit_trees(runs).losses(new))


def test_a_run_without_a_loss_on_a_domain_is_left_out_there():
    runs, new = observed(mixtures(30, 4), steps(mixtures(30, 4))), mixtures(20, 4, seed=1)
    runs.losses[3, 1] = np.nan
    without = fit_trees(runs.only(np.delete(np.arange(30), 3)))
    assert np.array_equal(fit_trees(runs).losses(new)[:, 1], without.losses(new)[:, 1])


def test_seven_runs_are_too_few():
    with pytest.raises(InputError, match="gradient-boosted trees needs 8 runs or more .* and there are 7"):
        fit_trees(observed(mixtures(7, 4), steps(mixtures(7, 4))))


def test_without_lightgbm_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(InputError, match=r"need LightGBM, which is not installed: pip install 'hf_ablate\[trees\]'"):
        fit_trees(observed(mixtures(30, 4), steps(mixtures(30, 4))))


def test_small_models_rank_the_mixtures_of_larger_ones():
    predicted = fit_trees(swarm().only(range(48))).losses(larger().weights)
    assert (np.array(rank_correlations(predicted, larger().losses)) > (0.85, 0.9, 0.85)).all()
