import numpy as np
import pytest

from hf_ablate.prediction.soft_minimum import soft_minimum


COMPONENTS = np.array([[2.0, 1.0, 3.0], [1.5, 1.2, 3.1], [2.5, 0.9, 2.7]])
WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(3), size=20)


def test_mixtures_of_one_unit_have_its_loss():
    np.testing.assert_allclose(soft_minimum(np.eye(3), COMPONENTS), COMPONENTS, rtol=1e-14)


def test_the_formula():
    expected = -np.log(WEIGHTS @ np.exp(-8 * COMPONENTS)) / 8
    np.testing.assert_allclose(soft_minimum(WEIGHTS, COMPONENTS), expected, rtol=1e-13)


def test_it_lies_between_the_best_component_and_the_mean():
    found = soft_minimum(WEIGHTS, COMPONENTS)
    assert (found > COMPONENTS.min(axis=0)).all()
    assert (found < WEIGHTS @ COMPONENTS).all()


@pytest.mark.parametrize("shift", [1000.0, -1000.0])
def test_losses_that_exp_cannot_hold_keep_their_differences(shift):
    shifted = soft_minimum(WEIGHTS, COMPONENTS + shift) - shift
    np.testing.assert_allclose(shifted, soft_minimum(WEIGHTS, COMPONENTS), atol=1e-10)


def test_units_far_worse_than_one_that_the_mixture_lacks_are_not_lost():
    components = np.array([[0.0], [900.0], [901.0]])
    found = soft_minimum(np.array([[0.0, 0.5, 0.5]]), components)
    np.testing.assert_allclose(found, 900 - np.log(0.5 + 0.5 * np.exp(-8)) / 8, rtol=1e-13)


def test_a_missing_component_matters_to_the_mixtures_that_have_its_unit():
    missing = np.array([[1.0], [2.0], [np.nan]])
    found = soft_minimum(np.array([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]]), missing)
    assert np.isfinite(found[0, 0])
    assert np.isnan(found[1, 0])
