"""Effects against closed forms, their intervals against drawn losses, and what counts as a difference."""

import numpy as np
import pytest
from analytic_predictor import curved_study, linear_study

from hf_ablate.ablation.changes import changes_of, swaps_of
from hf_ablate.ablation.effects import effects_of
from hf_ablate.ablation.estimates import estimate, noise_floor
from hf_ablate.ablation.parts import units_as_parts
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.prediction.fitted import FittedStudy
from hf_ablate.prediction.targets import DomainWeights, domain_weights


BASE = Mixture.of({"a": 0.5, "b": 0.3, "c": 0.2})


def targets_of(study: FittedStudy, *names: str | None) -> list[DomainWeights]:
    return [domain_weights(name, study.evidence.domains) for name in names]


def test_effects_of_a_linear_loss_have_a_closed_form():
    study = linear_study([[2.0, 1.0], [1.0, 3.0], [4.0, 0.0]])
    parts = units_as_parts(study.evidence.units)
    targets = targets_of(study, None, "d1")
    changes = [*changes_of(BASE, parts), *swaps_of(BASE, parts)]
    found = {
        (effect.change.kind, effect.change.part, effect.change.other, effect.target.name): effect.estimate.value
        for effect in effects_of(study, BASE, changes, targets, 0.9)
    }
    before = 0.5 * 1 + 0.3 * 3
    assert found["drop", "a", None, "in/d1"] == pytest.approx(0.6 * 3 - before)
    assert found["swap", "a", "c", "in/d1"] == pytest.approx(0.3 * 3 - before)
    assert found["upweight", "b", None, "in/d1"] == pytest.approx((0.5 + 0.33 * 3) / 1.03 - before)
    own = np.array([1.5, 2, 2])
    assert found["drop", "a", None, "mean"] == pytest.approx(own @ [0, 0.6, 0.4] - own @ [0.5, 0.3, 0.2])
    assert len(found) == 2 * (3 + 3 + 6)


def test_errors_that_mixtures_share_cancel():
    """With errors of the units alone, dropping `a` moves 0.5 from it, and 0.3 and 0.2 to the others."""
    study = linear_study([[2.0], [1.0], [4.0]], sd=0.1)
    parts = units_as_parts(study.evidence.units)
    first = effects_of(study, BASE, changes_of(BASE, parts), targets_of(study, None), 0.9)[0]
    assert first.estimate.sd == pytest.approx(0.1 * np.sqrt(0.5**2 + 0.3**2 + 0.2**2))
    assert first.estimate.half_width == pytest.approx(1.644854 * first.estimate.sd)


def test_intervals_are_those_of_drawn_losses_however_many_changes_there_are():
    study = curved_study(24)  # 552 swaps, more than one covariance matrix takes
    base = Mixture.uniform(list(study.evidence.units))
    changes = swaps_of(base, units_as_parts(study.evidence.units))
    (target,) = targets_of(study, None)
    found = effects_of(study, base, changes, [target], 0.9)
    assert [effect.change for effect in found] == changes
    predictor, draws = study.predictor, 20_000
    coefficients = np.random.default_rng(0).multivariate_normal(
        predictor.coefficients @ target.weights, predictor.covariance * (target.weights @ target.weights), draws,
        method="eigh",
    )  # fmt: skip
    for row in (0, 300, 551):
        weights = study.evidence.weights_of([base, changes[row].mixture])
        before, after = predictor.features(weights) @ coefficients.T
        assert found[row].estimate.sd == pytest.approx((after - before).std(), rel=0.03)
        assert found[row].estimate.value == pytest.approx(
            (after - before).mean(), abs=4 * (after - before).std() / 141
        )


@pytest.mark.parametrize(
    ("value", "sd", "floor", "told_apart"),
    [
        (0.02, 0.01, 0.0, True),
        (-0.02, 0.01, 0.0, True),
        (0.016, 0.01, 0.0, False),  # within 1.645 standard deviations of 0
        (-0.016, 0.01, 0.0, False),
        (0.02, 0.001, 0.03, False),  # below the noise floor
        (-0.02, 0.001, 0.019, True),
        (0.0, 0.0, 0.0, False),
    ],
)
def test_a_difference_leaves_zero_outside_its_interval_and_the_noise_floor_below(value, sd, floor, told_apart):
    assert estimate(value, sd, floor, 0.9).told_apart is told_apart


def test_nine_in_ten_pairs_of_trainings_on_one_mixture_differ_by_less_than_the_noise_floor():
    losses = np.random.default_rng(0).normal(2, 0.01, (2, 100_000))
    assert (abs(losses[0] - losses[1]) < noise_floor(0.01**2, 0.9)).mean() == pytest.approx(0.9, abs=0.005)


def test_effects_below_the_noise_floor_are_no_differences():
    parts = units_as_parts(("a", "b", "c"))
    told = {}
    for noise in (0.0, 1.0):
        study = linear_study([[2.0], [1.0], [4.0]], noise=noise)
        found = effects_of(study, BASE, changes_of(BASE, parts), targets_of(study, None), 0.9)
        told[noise] = [effect.estimate.told_apart for effect in found]
        assert found[0].noise_floor == pytest.approx(1.644854 * np.sqrt(2 * noise))
    assert all(told[0.0]) and not any(told[1.0])
