"""The Gaussian process: exact without each run, sure of itself as far as it should be, and good on real runs."""

import warnings

import numpy as np
import pytest
from regmix_runs import larger, rank_correlations, swarm
from simulated_runs import mixtures, observed
from sklearn.gaussian_process import GaussianProcessRegressor

from hf_ablate.errors import InputError
from hf_ablate.prediction.laws import gaussian_process
from hf_ablate.prediction.laws.gaussian_process import fit_gaussian_process


def smooth(weights: np.ndarray) -> np.ndarray:
    """Losses on two domains, of which the second depends on one unit."""
    roots = np.sqrt(weights)
    return np.column_stack([3 - np.sin(2 * roots[:, 0]) - roots[:, 1] * roots[:, 2], 5 - 10 * roots[:, 3]])


def noisy(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Weights and losses with noise of 0.05 and 0.2."""
    weights = mixtures(count, 4, seed)
    return weights, smooth(weights) + np.array([0.05, 0.2]) * np.random.default_rng(seed).normal(size=(count, 2))


def test_smooth_losses_are_found_again():
    fitted = fit_gaussian_process(observed(mixtures(60, 4), smooth(mixtures(60, 4))))
    new = mixtures(200, 4, seed=1)
    assert (np.abs(fitted.losses(new) - smooth(new)).mean(axis=0) < 0.02 * smooth(new).std(axis=0)).all()


def test_standard_deviations_cover_new_runs_and_are_about_the_noise_near_old_ones():
    weights, losses = noisy(80)
    fitted = fit_gaussian_process(observed(weights, losses))
    assert np.allclose(fitted.sd(weights).mean(axis=0), [0.05, 0.2], rtol=0.25)
    new, measured = noisy(300, seed=1)
    covered = (np.abs(measured - fitted.losses(new)) < 1.645 * fitted.sd(new)).mean(axis=0)
    assert (covered > 0.85).all() and (covered < 0.95).all()


def test_leave_one_out_losses_are_those_of_the_kernel_without_the_run():
    weights, losses = noisy(20)
    fitted = fit_gaussian_process(observed(weights, losses))
    for domain in range(2):
        for row in range(20):
            others = np.arange(20) != row
            process = GaussianProcessRegressor(fitted.processes[domain].kernel_, optimizer=None)
            standardised = (losses[others, domain] - fitted.means[domain]) / fitted.deviations[domain]
            process.fit(np.sqrt(weights[others]), standardised)
            expected = process.predict(np.sqrt(weights[[row]]))[0] * fitted.deviations[domain] + fitted.means[domain]
            assert fitted.leave_one_out[row, domain] == pytest.approx(expected, abs=1e-6)


def test_more_runs_than_the_kernel_is_fitted_on_are_all_used(monkeypatch):
    weights, losses = noisy(60)
    monkeypatch.setattr(gaussian_process, "MOST_RUNS_FOR_KERNEL", 20)
    fitted = fit_gaussian_process(observed(weights, losses))
    few = fit_gaussian_process(observed(weights, losses).only(range(20)))
    assert len(fitted.processes[0].X_train_) == 60
    new = mixtures(200, 4, seed=1)
    errors = [np.abs(process.losses(new) - smooth(new)).mean(axis=0) for process in (fitted, few)]
    assert (errors[0] < errors[1]).all()


def test_losses_are_what_scikit_learn_predicts():
    weights, losses = noisy(30)
    fitted, new = fit_gaussian_process(observed(weights, losses)), mixtures(20, 4, seed=1)
    predicted = np.column_stack([process.predict(np.sqrt(new)) for process in fitted.processes])
    assert fitted.losses(new) == pytest.approx(fitted.means + fitted.deviations * predicted, rel=1e-12)


def test_the_order_of_units_does_not_matter():
    (weights, losses), order, new = noisy(30), [2, 0, 3, 1], mixtures(50, 4, seed=1)
    fitted, reordered = (fit_gaussian_process(observed(some, losses)) for some in (weights, weights[:, order]))
    assert np.allclose(reordered.losses(new[:, order]), fitted.losses(new), atol=1e-3)
    assert np.allclose(reordered.sd(new[:, order]), fitted.sd(new), atol=1e-3)


def test_a_run_without_a_loss_on_a_domain_is_left_out_there():
    weights, losses = noisy(30)
    losses[3, 1] = np.nan
    runs, new = observed(weights, losses), mixtures(20, 4, seed=1)
    fitted, without = fit_gaussian_process(runs), fit_gaussian_process(runs.only(np.delete(np.arange(30), 3)))
    assert np.array_equal(fitted.losses(new)[:, 1], without.losses(new)[:, 1])
    assert np.argwhere(np.isnan(fitted.leave_one_out)).tolist() == [[3, 1]]


def test_losses_that_are_all_the_same_are_predicted_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = fit_gaussian_process(observed(mixtures(10, 4), np.full((10, 1), 2.5)))
    assert np.allclose(fitted.losses(mixtures(20, 4, seed=1)), 2.5)


def test_three_runs_are_too_few():
    with pytest.raises(InputError, match="the Gaussian process needs 4 runs or more .* and there are 3"):
        fit_gaussian_process(observed(*noisy(3)))


@pytest.mark.parametrize(
    ("count", "least"), [(16, (0.9, 0.85, 0.85)), (48, (0.96, 0.95, 0.9))], ids=["fewer runs than units", "48 runs"]
)
def test_small_models_rank_the_mixtures_of_larger_ones(count, least):
    predicted = fit_gaussian_process(swarm().only(range(count))).losses(larger().weights)
    assert (np.array(rank_correlations(predicted, larger().losses)) > least).all()
