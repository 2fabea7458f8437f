"""Errors of single mixtures: conditioned on references, local, and the same however many mixtures are asked about."""

from dataclasses import replace

import numpy as np
import pytest
from pool_scores import read_pool

from hf_ablate.prediction.candidates import SOFT_MINIMUM, find_candidate
from hf_ablate.prediction.features import FeatureTable
from hf_ablate.prediction.noise import NoiseFloor
from hf_ablate.prediction.own_errors import OwnErrors
from hf_ablate.prediction.predictors import Calibrated, uncalibrated
from hf_ablate.prediction.stack_fit import fit_stack


GENERATOR = np.random.default_rng(0)
ROOTS = np.sqrt(GENERATOR.dirichlet([0.5] * 4, size=30))
ERRORS = OwnErrors(ROOTS[:20], GENERATOR.normal(0, 0.01, size=(20, 3)))
ELSEWHERE = np.array([[1.0, 0.0, 0.0, 0.0]])
APART = OwnErrors(np.array([[0.0, 1.0, 0.0, 0.0]]), np.array([[0.2, -0.4]]))
TARGET = np.full(8, 1 / 8)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_a_reference_shows_its_share_of_the_residual(share):
    np.testing.assert_allclose(APART.expected(APART.roots, share), share * APART.residuals)
    np.testing.assert_allclose(APART.covariance(APART.roots, share), [[share * (1 - share)]])


def test_far_from_references_nothing_is_known():
    assert np.abs(APART.expected(ELSEWHERE, 0.5)).max() < 1e-12
    np.testing.assert_allclose(APART.covariance(ELSEWHERE, 0.5), [[0.5]])


def test_without_noise_residuals_are_reproduced_and_without_errors_ignored():
    np.testing.assert_allclose(ERRORS.expected(ERRORS.roots, 1.0), ERRORS.residuals, atol=1e-9)
    assert np.all(ERRORS.expected(ERRORS.roots, 0.0) == 0)
    assert np.all(ERRORS.covariance(ERRORS.roots, 0.0) == 0)


def test_covariance_is_one_and_the_same_error_for_the_same_mixture():
    covariance = ERRORS.covariance(ROOTS[[25, 25, 3]], 0.5)
    assert np.linalg.eigvalsh(covariance).min() > -1e-12
    assert covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1] == pytest.approx(0, abs=1e-12)


@pytest.fixture(scope="module")
def predictor():
    """Calibrated on every fifth reference model of the pool."""
    evidence = read_pool()
    references = evidence.references.only(np.arange(0, len(evidence.references), 5))
    table = FeatureTable(replace(evidence, references=references), references, {}, None, None)
    candidate = find_candidate(SOFT_MINIMUM)
    stack = fit_stack(table.at_references(candidate.features), references.losses, np.array(candidate.expected))
    return Calibrated(table, candidate, stack.inflated(1.2))


def test_mean_and_deviation_of_a_target_are_those_of_its_domains(predictor):
    weights = read_pool().references.weights
    prediction = predictor.predict(weights)
    for domain, target in enumerate(np.eye(8)):
        joint = predictor.joint(weights, target)
        np.testing.assert_allclose(joint.mean, prediction.mean[:, domain], atol=1e-9)
        np.testing.assert_allclose(joint.sd, prediction.sd[:, domain], rtol=1e-3)


def test_a_mixture_with_a_reference_is_known_better_than_one_without(predictor):
    weights = read_pool().references.weights
    deviations = np.sqrt(np.diag(predictor.joint(weights, TARGET).covariance))
    is_trained = np.arange(len(weights)) % 5 == 0
    assert deviations[is_trained].max() < deviations[~is_trained].mean()


def test_repeats_say_how_much_is_noise(predictor):
    references = predictor.table.references
    half = predictor.joint(references.weights, TARGET)
    covariance = np.diag(predictor.stack.noise * predictor.stack.inflation**2) / 10
    tenth = replace(predictor, repeats=NoiseFloor(covariance, "repeats", 8)).joint(references.weights, TARGET)
    assert tenth.noise == pytest.approx(half.noise / 5)
    losses = references.losses @ TARGET
    assert np.abs(tenth.mean - losses).mean() < np.abs(half.mean - losses).mean()


@pytest.mark.parametrize("calibrated", [True, False])
def test_the_spread_on_several_targets_is_that_of_their_joint_losses(predictor, calibrated):
    """Errors of features and a bounded feature change all of its parts."""
    stack = replace(predictor.stack, surface=(0.3, 0.5), is_bounded=True)
    predictor = replace(predictor, stack=stack) if calibrated else uncalibrated(predictor.table, SOFT_MINIMUM)
    weights, targets = read_pool().known_mixtures, np.vstack([np.eye(8)[2:4], TARGET])
    bases = np.array([7, 40, 3])
    spread = predictor.spread(weights, weights[bases], targets)
    for row, joint in enumerate(predictor.joints(weights, targets)):
        np.testing.assert_allclose(spread.sd[row], joint.sd, rtol=1e-6)
        expected = [joint.difference(other, bases[row])[1] for other in range(len(weights))]
        others = np.delete(np.arange(len(weights)), bases[row])  # of a mixture and itself the features' errors cancel
        np.testing.assert_allclose(spread.apart[row, others], np.array(expected)[others], rtol=1e-3, atol=1e-6)
