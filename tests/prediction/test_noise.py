"""The noise floor: the pooled variance of repeats; without repeats, half of what is unexplained."""

import numpy as np
import pytest
from made_up_evidence import made_up_evidence
from scipy.stats import t

from hf_ablate.prediction.fitted import fit_evidence
from hf_ablate.prediction.noise import noise_of_repeats
from hf_ablate.prediction.observations import Observations


def observations(ids: list[str], losses: np.ndarray) -> Observations:
    """Observations of random mixtures of three units; equal ids have equal weights."""
    drawn = np.random.default_rng(0).dirichlet([1] * 3, len(ids))
    by_id = dict(zip(ids, drawn, strict=True))
    return Observations(tuple(ids), np.array([by_id[name] for name in ids]), losses)


def test_repeats_give_the_pooled_variance():
    losses = np.array([[1.0, 2.0], [1.2, 2.4], [3.0, 1.0], [3.3, 1.1], [3.6, 1.5], [9.0, 9.0]])
    floor = noise_of_repeats(observations(["a", "a", "b", "b", "b", "c"], losses))
    pooled = (np.cov(losses[:2].T, ddof=1) * 1 + np.cov(losses[2:5].T, ddof=1) * 2) / 3
    assert floor.source == "repeats"
    assert floor.degrees_of_freedom == 3
    np.testing.assert_allclose(floor.covariance, pooled, rtol=1e-12)


def test_variance_of_a_target_is_the_pooled_variance_of_its_losses():
    losses = np.random.default_rng(1).normal(size=(8, 4))
    ids, target = ["a", "a", "b", "b", "b", "c", "d", "d"], np.array([0.4, 0.3, 0.2, 0.1])
    whole, alone = (noise_of_repeats(observations(ids, each)) for each in (losses, losses @ target[:, None]))
    np.testing.assert_allclose(whole.variance(target), alone.covariance[0, 0], rtol=1e-12)
    np.testing.assert_allclose(whole.variance(np.eye(4)), whole.sd**2, rtol=1e-12)


def test_smallest_difference_is_students():
    floor = noise_of_repeats(observations(["a", "a", "a"], np.array([[1.0], [1.5], [1.9]])))
    expected = t.ppf(0.95, 2) * np.std([1.0, 1.5, 1.9], ddof=1) * np.sqrt(2)
    np.testing.assert_allclose(floor.smallest_difference(np.ones(1), 0.9), expected, rtol=1e-12)


def test_two_trainings_on_one_mixture_rarely_differ_by_more():
    generator = np.random.default_rng(3)
    ids = [f"m-{number // 2}" for number in range(200)]
    floor = noise_of_repeats(observations(ids, generator.normal(0, 0.01, size=(200, 1))))
    differences = np.abs(np.diff(generator.normal(0, 0.01, size=(4000, 2))))
    assert 0.92 < np.mean(differences < floor.smallest_difference(np.ones(1), 0.95)) < 0.98


def test_incomplete_models_are_left_out_and_mixtures_trained_once_give_no_floor():
    runs = observations(["a", "a", "b", "b", "c"], np.array([[1.0], [1.2], [np.nan], [0.7], [0.5]]))
    assert noise_of_repeats(runs).degrees_of_freedom == 1
    assert noise_of_repeats(runs.only([0, 3, 4])) is None


def test_without_repeats_the_floor_is_the_noise_that_the_predictor_reckons_with():
    fitted = fit_evidence(made_up_evidence())
    assert fitted.noise.source == "residuals"
    weights = np.random.default_rng(2).dirichlet(np.ones(3), 4)
    for target in (np.full(4, 0.25), np.eye(4)[1]):
        assert fitted.noise.variance(target) == pytest.approx(fitted.predictor.joint(weights, target).noise)
