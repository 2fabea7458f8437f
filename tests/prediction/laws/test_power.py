"""The power law: found again in its own losses, exact without each run, and good on real runs."""

import numpy as np
import pytest
from regmix_runs import larger, rank_correlations, swarm
from simulated_runs import mixtures, observed

from hf_ablate.errors import InputError
from hf_ablate.prediction.laws.power import fit_power_law


SLOPES = np.array([[-3.0, 0.0], [-1.0, -4.0], [0.0, 1.0], [0.5, 0.0]])


def law(weights: np.ndarray) -> np.ndarray:
    """Losses on two domains, with two exponents."""
    return np.column_stack([4 + weights**0.3 @ SLOPES[:, 0], 3 + weights**0.8 @ SLOPES[:, 1]])


def test_losses_made_by_the_law_are_found_again():
    fitted = fit_power_law(observed(mixtures(30, 4), law(mixtures(30, 4))))
    new = mixtures(200, 4, seed=1)
    assert fitted.exponents.tolist() == [0.3, 0.8]
    assert np.abs(fitted.losses(new) - law(new)).max() < 1e-3


def test_leave_one_out_losses_are_those_of_a_law_fitted_without_the_run():
    weights, rng = mixtures(60, 4), np.random.default_rng(2)
    losses = law(weights) + 0.05 * rng.normal(size=(60, 2))
    runs = observed(weights, losses)
    fitted = fit_power_law(runs)
    refitted = [fit_power_law(runs.only(np.delete(np.arange(60), row))) for row in range(60)]
    same = np.array([(without.exponents == fitted.exponents).all() for without in refitted])
    expected = np.array([without.losses(weights[[row]])[0] for row, without in enumerate(refitted)])
    assert same.sum() > 30  # otherwise the refit is another law
    assert np.allclose(fitted.leave_one_out[same], expected[same], atol=5e-3)


def test_the_order_of_units_does_not_matter():
    runs, order = observed(mixtures(30, 4), law(mixtures(30, 4))), [2, 0, 3, 1]
    reordered = observed(runs.weights[:, order], runs.losses)
    new = mixtures(50, 4, seed=1)
    assert np.allclose(fit_power_law(reordered).losses(new[:, order]), fit_power_law(runs).losses(new))


def test_a_unit_that_no_run_has_changes_nothing():
    weights, new = mixtures(30, 4), mixtures(50, 4, seed=1)
    runs, wider = observed(weights, law(weights)), observed(np.pad(weights, ((0, 0), (0, 1))), law(weights))
    assert np.allclose(fit_power_law(wider).losses(np.pad(new, ((0, 0), (0, 1)))), fit_power_law(runs).losses(new))


def test_a_run_without_a_loss_on_a_domain_is_left_out_there():
    runs = observed(mixtures(30, 4), law(mixtures(30, 4)))
    runs.losses[3, 1] = np.nan
    fitted, new = fit_power_law(runs), mixtures(20, 4, seed=1)
    without = fit_power_law(runs.only(np.delete(np.arange(30), 3)))
    assert np.array_equal(fitted.losses(new)[:, 1], without.losses(new)[:, 1])
    assert np.argwhere(np.isnan(fitted.leave_one_out)).tolist() == [[3, 1]]


def test_three_runs_on_one_domain_are_too_few():
    runs = observed(mixtures(5, 4), law(mixtures(5, 4)))
    runs.losses[:2, 0] = np.nan
    with pytest.raises(InputError, match="the power law needs 4 runs or more .* and there are 3"):
        fit_power_law(runs)


def test_small_models_rank_the_mixtures_of_larger_ones():
    predicted = fit_power_law(swarm()).losses(larger().weights)
    pile_cc, domains, mean = rank_correlations(predicted, larger().losses)
    assert pile_cc > 0.96 and domains > 0.94 and mean > 0.88
