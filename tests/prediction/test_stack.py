"""The stack against direct linear algebra: conditioning of one joint normal distribution."""

import numpy as np
import pytest

from hf_ablate.prediction.stack import Features, alike
from hf_ablate.prediction.stack_fit import fit_stack


def made_up(references=14, units=4, domains=3, features=2, seed=0):
    """(features, losses) of references: linear in the features, with a little noise."""
    random = np.random.default_rng(seed)
    weights = random.dirichlet(np.full(units, 0.7), references)
    values = 2 + random.random((references, domains, features))
    losses = 0.3 + values @ np.array([1.0, 0.4])[:features] + random.normal(0, 0.01, (references, domains))
    return Features(values, np.sqrt(weights)), losses


EXPECTED = np.array([1.0, 0.0])


def direct(stack, features, losses, domain, new):
    """Mean and covariance of new mixtures on a domain, by the definition of the model: one normal distribution."""
    both = Features(
        np.concatenate([features.values, new.values])[:, domain], np.concatenate([features.roots, new.roots])
    )
    standard = (both.values - stack.center[domain]) / stack.spread[domain]
    covariance = 1e4 + stack.slope_variance * standard @ standard.T
    covariance += stack.surface[0] * alike(both.roots, both.roots, stack.surface[1])
    mean = both.values @ stack.expected[domain] + stack.level[domain]
    known = len(losses)
    gain = covariance[known:, :known] @ np.linalg.inv(covariance[:known, :known] + np.eye(known))
    return (
        mean[known:] + gain @ (losses[:, domain] - mean[:known]),
        stack.noise[domain] * (covariance[known:, known:] - gain @ covariance[:known, known:]),
    )


@pytest.mark.parametrize("with_surface", [False, True])
def test_predictions_are_the_conditional_distribution(with_surface):
    features, losses = made_up()
    new, _ = made_up(references=5, seed=1)
    stack = fit_stack(features, losses, EXPECTED, with_surface)
    prediction = stack.predict(new)
    for domain in range(losses.shape[1]):
        mean, covariance = direct(stack, features, losses, domain, new)
        assert prediction.mean[:, domain] == pytest.approx(mean, rel=1e-6)
        variance = np.diag(covariance) + stack.noise[domain]
        assert prediction.sd[:, domain] == pytest.approx(np.sqrt(variance), rel=1e-3)
        target = np.eye(losses.shape[1])[domain]
        joint = stack.joint(new, target)
        assert joint.mean == pytest.approx(mean, rel=1e-6)
        assert joint.covariance == pytest.approx(covariance, abs=1e-3 * variance.max())
        assert joint.sd == pytest.approx(prediction.sd[:, domain], rel=1e-3)


def test_leave_one_out_errors_are_those_of_leaving_one_out():
    features, losses = made_up(references=9)
    stack = fit_stack(features, losses, EXPECTED)
    for row in range(len(losses)):
        kept = np.delete(np.arange(len(losses)), row)
        for domain in range(losses.shape[1]):
            mean, _ = direct(stack, features.only(kept), losses[kept], domain, features.only(np.array([row])))
            assert stack.leave_one_out[row, domain] == pytest.approx(losses[row, domain] - mean[0], abs=1e-6)


def test_few_references_leave_the_slopes_where_they_are_expected():
    features, losses = made_up(references=4)
    shifted = features.values[:, :, 0] + 0.7  # the first feature, with another offset
    stack = fit_stack(features, shifted, EXPECTED)
    new, _ = made_up(references=6, seed=3)
    assert stack.predict(new).mean == pytest.approx(new.values[:, :, 0] + 0.7, abs=1e-6)


def test_many_references_find_slopes_that_nobody_expected():
    features, losses = made_up(references=40)
    stack = fit_stack(features, losses, np.zeros(2), with_surface=False)
    new, truth = made_up(references=20, seed=5)
    assert np.abs(stack.predict(new).mean - truth).mean() < 0.02


def test_a_surface_is_only_tried_with_two_references_for_each_unit():
    features, losses = made_up(references=7, units=4)
    assert fit_stack(features, losses, EXPECTED).surface[0] == 0
    features, losses = made_up(references=30, units=4)
    bent = losses + 0.3 * features.roots[:, :1] * features.roots[:, 1:2]
    assert fit_stack(features, bent, EXPECTED).surface[0] > 0


def test_the_order_of_references_and_of_units_changes_nothing():
    features, losses = made_up()
    new, _ = made_up(references=5, seed=1)
    order, units = np.random.default_rng(0).permutation(len(losses)), [2, 0, 3, 1]
    shuffled = Features(features.values[order], features.roots[order][:, units])
    first = fit_stack(features, losses, EXPECTED).predict(new)
    second = fit_stack(shuffled, losses[order], EXPECTED).predict(Features(new.values, new.roots[:, units]))
    assert first.mean == pytest.approx(second.mean, rel=1e-7)
    assert first.sd == pytest.approx(second.sd, rel=1e-4)


def test_a_scale_that_is_inflated_widens_every_interval_by_it():
    features, losses = made_up()
    new, _ = made_up(references=5, seed=1)
    stack = fit_stack(features, losses, EXPECTED)
    assert stack.inflated(2.0).predict(new).sd == pytest.approx(2 * stack.predict(new).sd)
    target = np.full(3, 1 / 3)
    assert stack.inflated(2.0).joint(new, target).sd == pytest.approx(2 * stack.joint(new, target).sd)


def test_the_standard_deviation_on_a_mean_of_domains_is_less_than_their_mean_where_errors_do_not_go_together():
    features, losses = made_up(references=40, domains=3)
    stack = fit_stack(features, losses, EXPECTED)
    new, _ = made_up(references=5, seed=1)
    assert (stack.joint(new, np.full(3, 1 / 3)).sd < 0.8 * stack.predict(new).sd.mean(axis=1)).all()


def test_errors_of_features_widen_intervals_by_what_the_slopes_make_of_them():
    features, losses = made_up(references=40)
    stack = fit_stack(features, losses, EXPECTED, with_surface=False)
    new, _ = made_up(references=5, seed=1)
    errors = np.zeros_like(new.values)
    errors[:, :, 1] = 0.3
    changed = Features(new.values + errors, new.roots)
    effect = stack.predict(changed).mean - stack.predict(new).mean
    wider = stack.predict(Features(new.values, new.roots, errors)).sd
    assert effect == pytest.approx(np.broadcast_to(0.3 * stack.slopes[:, 1], effect.shape))
    assert wider == pytest.approx(np.hypot(stack.predict(new).sd, effect))


def test_a_slope_that_nobody_knows_is_what_all_domains_have_in_common():
    features, _ = made_up(references=5, domains=13)
    new, _ = made_up(references=20, domains=13, seed=3)
    slopes, noise = np.array([0.6, 0.0]), np.random.default_rng(1).normal(0, 0.05, (5, 13))
    errors = {
        name: np.abs(fit_stack(features, features.values @ slopes + noise, expected).predict(new).mean - truth).mean()
        for truth in [new.values @ slopes]
        for name, expected in (("common", np.full(2, np.nan)), ("zero", np.zeros(2)), ("known", slopes))
    }
    assert errors["known"] <= errors["common"] < 0.7 * errors["zero"]


def test_common_slopes_leave_known_ones_alone():
    features, _ = made_up(references=6)
    losses = features.values @ np.array([1.0, 0.4]) + np.arange(3)
    expected = fit_stack(features, losses, np.array([1.0, np.nan])).expected
    assert expected == pytest.approx(np.tile([1.0, 0.4], (3, 1)))
