"""More of a domain's own data: the baseline."""

import numpy as np
from regmix_runs import larger, own_units, rank_correlations, swarm
from simulated_runs import mixtures, observed

from hf_ablate.prediction.laws.own_weight import fit_own_weight_law


def test_the_law_is_found_again_and_a_domain_without_a_unit_gets_the_mean():
    weights, new = mixtures(30, 4), mixtures(10, 4, seed=1)
    other = np.random.default_rng(0).normal(size=30)
    fitted = fit_own_weight_law(observed(weights, np.column_stack([3 - 2 * np.sqrt(weights[:, 1]), other])), (1, None))
    assert np.allclose(fitted.losses(new)[:, 0], 3 - 2 * np.sqrt(new[:, 1]), atol=1e-4)
    assert np.allclose(fitted.losses(new)[:, 1], other.mean())


def test_the_mean_of_the_others_is_what_they_predict():
    fitted = fit_own_weight_law(observed(mixtures(4, 2), np.array([[1.0], [2.0], [3.0], [6.0]])), (None,))
    assert np.allclose(fitted.leave_one_out[:, 0], [11 / 3, 10 / 3, 3, 2])


def test_it_ranks_real_runs_domain_by_domain():
    runs = larger()
    _, domains, _ = rank_correlations(fit_own_weight_law(swarm(), own_units()).losses(runs.weights), runs.losses)
    assert domains > 0.85
