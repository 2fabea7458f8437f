"""The exponential law: found again in its own losses, with exact derivatives, and good enough on real runs."""

import numpy as np
import pytest
from regmix_runs import larger, rank_correlations, swarm
from scipy.optimize import approx_fprime
from simulated_runs import mixtures, observed

from hf_ablate.errors import InputError
from hf_ablate.prediction.laws.exponential import derivatives, fit_exponential_law, residuals


FLOORS, GAPS = np.array([1.0, 0.5]), np.array([2.0, 1.0])
RATES = np.array([[-3.0, 0.0], [-1.0, -4.0], [0.0, 1.0], [0.5, 0.0]])


def law(weights: np.ndarray) -> np.ndarray:
    """Losses on two domains."""
    return FLOORS + GAPS * np.exp(weights @ RATES)


def test_losses_made_by_the_law_are_found_again():
    fitted = fit_exponential_law(observed(mixtures(40, 4), law(mixtures(40, 4))))
    new = mixtures(200, 4, seed=1)
    assert np.abs(fitted.losses(new) - law(new)).max() < 0.01
    assert np.allclose(fitted.floors, FLOORS, atol=0.1)


def test_one_broken_run_does_not_change_the_law():
    losses = law(mixtures(60, 4))
    losses[7] += 20
    fitted = fit_exponential_law(observed(mixtures(60, 4), losses))
    new = mixtures(200, 4, seed=1)
    assert np.abs(fitted.losses(new) - law(new)).mean() < 0.1


def test_derivatives_are_those_of_finite_differences():
    weights, parameters = mixtures(10, 4), np.array([1.0, 0.3, -2.0, 0.5, 1.5, -0.7])
    losses = law(weights)[:, 0]
    expected = approx_fprime(parameters, residuals, 1e-7, weights, losses, 0.1)
    assert np.allclose(derivatives(parameters, weights, losses, 0.1), expected, atol=1e-5)


def test_leave_one_out_losses_are_nearly_those_of_laws_fitted_without_the_run():
    weights = mixtures(40, 4)
    losses = law(weights) + 0.05 * np.random.default_rng(2).normal(size=(40, 2))
    runs = observed(weights, losses)
    left_out = fit_exponential_law(runs).leave_one_out
    refitted = np.array(
        [fit_exponential_law(runs.only(np.delete(np.arange(40), row))).losses(weights[[row]])[0] for row in range(40)]
    )
    assert np.sqrt(((left_out - refitted) ** 2).mean(axis=0)).max() < 0.03
    assert (np.std(losses - left_out, axis=0) > 0.045).all()  # not the errors of the fit, which are smaller


def test_the_order_of_units_does_not_matter():
    runs, order = observed(mixtures(30, 4), law(mixtures(30, 4))), [2, 0, 3, 1]
    reordered = observed(runs.weights[:, order], runs.losses)
    new = mixtures(50, 4, seed=1)
    assert np.allclose(
        fit_exponential_law(reordered).losses(new[:, order]), fit_exponential_law(runs).losses(new), atol=1e-4
    )


def test_a_run_without_a_loss_on_a_domain_is_left_out_there():
    runs = observed(mixtures(30, 4), law(mixtures(30, 4)))
    runs.losses[3, 1] = np.nan
    fitted, new = fit_exponential_law(runs), mixtures(20, 4, seed=1)
    without = fit_exponential_law(runs.only(np.delete(np.arange(30), 3)))
    assert np.array_equal(fitted.losses(new)[:, 1], without.losses(new)[:, 1])
    assert np.isnan(fitted.leave_one_out).sum() == 1 and np.isnan(fitted.leave_one_out[3, 1])


def test_losses_that_are_all_the_same_are_predicted():
    fitted = fit_exponential_law(observed(mixtures(10, 4), np.full((10, 1), 2.5)))
    assert np.allclose(fitted.losses(mixtures(20, 4, seed=1)), 2.5, atol=1e-4)


def test_fewer_runs_than_parameters_give_finite_losses_of_the_right_size():
    fitted = fit_exponential_law(observed(mixtures(5, 4), law(mixtures(5, 4))))
    predicted, true = fitted.losses(mixtures(100, 4, seed=1)), law(mixtures(100, 4, seed=1))
    assert np.abs(predicted - true).mean() < true.std()


def test_three_runs_are_too_few():
    with pytest.raises(InputError, match="the exponential law needs 4 runs or more .* and there are 3"):
        fit_exponential_law(observed(mixtures(3, 4), law(mixtures(3, 4))))


def test_small_models_rank_the_mixtures_of_larger_ones():
    predicted = fit_exponential_law(swarm()).losses(larger().weights)
    pile_cc, domains, mean = rank_correlations(predicted, larger().losses)
    assert pile_cc > 0.93 and domains > 0.93 and mean > 0.85
