"""Expected regret and what trainings take off it: closed forms, and properties."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from hf_ablate.prediction.predictor import Joint
from hf_ablate.search.conditioning import Futures, condition, draw_losses, expected_regret


def random_joint(seed: int, mixtures: int = 8, noise: float = 0.05) -> Joint:
    """A made-up distribution of losses."""
    generator = np.random.default_rng(seed)
    root = generator.normal(size=(mixtures, 4)) * 0.3
    return Joint(generator.normal(0, 0.2, mixtures), root @ root.T + 0.01 * np.eye(mixtures), noise)


def mean_excess(shift: float, deviation: float) -> float:
    """E[max(0, d)] for d normal with this mean and standard deviation."""
    return shift * norm.cdf(shift / deviation) + deviation * norm.pdf(shift / deviation)


PAIRS = [(0.0, 0.2), (0.05, 0.2), (0.3, 0.2), (0.01, 0.5)]


@pytest.mark.parametrize(("lead", "deviation"), PAIRS)
def test_regret_of_choosing_between_two_mixtures_is_the_mean_excess(lead, deviation):
    common = 4.0  # what both are mispredicted by alike does not matter
    covariance = np.array([[common, common], [common, common + deviation**2]])
    joint = Joint(np.array([2.0, 2.0 + lead]), covariance, 0.0)
    assert expected_regret(joint) == pytest.approx(mean_excess(-lead, deviation), abs=1e-3 * deviation)


@pytest.mark.parametrize(("lead", "deviation"), PAIRS)
def test_a_training_without_noise_takes_away_all_regret_between_two_mixtures(lead, deviation):
    joint = Joint(np.array([2.0, 2.0 + lead]), np.diag([0.0, deviation**2]), 0.0)
    gain = Futures.before(joint, 1).gain(1, np.arange(2))
    assert gain == pytest.approx(mean_excess(-lead, deviation), abs=1e-3 * deviation)
    assert expected_regret(Futures.before(joint, 1).after(1).joint) == 0


def test_gain_of_a_noisy_training_is_the_closed_form():
    lead, deviation, noise = 0.05, 0.2, 0.03
    joint = Joint(np.array([0.0, lead]), np.diag([0.0, deviation**2]), noise)
    moves_by = deviation**2 / np.sqrt(deviation**2 + noise)
    expected = mean_excess(-lead, moves_by)
    assert Futures.before(joint, 1).gain(1, np.arange(2)) == pytest.approx(expected, abs=1e-3 * deviation)


def test_conditioning_is_that_of_the_normal_distribution():
    joint, rows, losses = random_joint(0), [1, 4, 1], np.array([0.3, -0.2, 0.1])
    after = condition(joint, rows, losses)
    # p(f) p(losses | f) / p(losses) at any f
    noise = joint.noise * np.eye(3)
    evidence = multivariate_normal(joint.mean[rows], joint.covariance[np.ix_(rows, rows)] + noise).logpdf(losses)
    for f in draw_losses(joint)[:5]:
        likelihood = multivariate_normal(f[rows], noise).logpdf(losses)
        prior = multivariate_normal(joint.mean, joint.covariance).logpdf(f)
        posterior = multivariate_normal(after.mean, after.covariance).logpdf(f)
        assert posterior == pytest.approx(prior + likelihood - evidence, abs=1e-8)


def test_observing_one_after_the_other_is_observing_both():
    joint, losses = random_joint(1), np.array([0.3, -0.2])
    at_once = condition(joint, [2, 5], losses)
    in_turn = condition(condition(joint, [2], losses[:1]), [5], losses[1:])
    np.testing.assert_allclose(in_turn.mean, at_once.mean, atol=1e-12)
    np.testing.assert_allclose(in_turn.covariance, at_once.covariance, atol=1e-12)


def test_draws_have_the_mean_and_covariance_of_the_losses():
    joint = random_joint(2)
    losses = draw_losses(joint)
    np.testing.assert_allclose(losses.mean(axis=0), joint.mean, atol=1e-12)
    np.testing.assert_allclose(np.cov(losses.T, ddof=0), joint.covariance, atol=5e-3)


def test_futures_spread_as_much_as_the_trainings_take_away():
    joint = random_joint(3)
    futures = Futures.before(joint, 3).after(0).after(6).after(3)
    learned = joint.covariance - condition(joint, [0, 6, 3], joint.mean[[0, 6, 3]]).covariance
    np.testing.assert_allclose(joint.covariance - futures.joint.covariance, learned, atol=1e-12)
    np.testing.assert_allclose(np.cov(futures.means.T, ddof=0), learned, atol=2e-2)


@pytest.mark.parametrize("seed", range(5))
def test_no_training_raises_the_expected_regret(seed):
    joint = random_joint(seed)
    futures = Futures.before(joint, 4)
    for trained in (3, 0, 7, 3):
        assert all(futures.gain(row, np.arange(8)) >= 0 for row in range(8))
        futures = futures.after(trained)


def test_regret_after_a_training_is_what_its_gain_says():
    joint = random_joint(4)
    regrets = []
    for surprise in norm.ppf((np.arange(200) + 0.5) / 200):  # refit on each of what the model may show
        shows = joint.mean[2] + surprise * np.sqrt(joint.covariance[2, 2] + joint.noise)
        regrets.append(expected_regret(condition(joint, [2], np.array([shows]))))
    gain = Futures.before(joint, 1).gain(2, np.arange(8))
    assert expected_regret(joint) - np.mean(regrets) == pytest.approx(gain, rel=0.05)


def test_without_doubt_there_is_no_regret():
    assert expected_regret(Joint(np.array([1.0, 1.0, 2.0]), np.zeros((3, 3)), 0.1)) == 0
    assert Futures.before(Joint(np.zeros(2), np.zeros((2, 2)), 0.0), 1).gain(0, np.arange(2)) == 0
