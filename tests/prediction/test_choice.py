"""Which predictor answers, and that it is judged on reference models that it has not seen."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from made_up_evidence import COMPONENTS, losses_of, made_up_evidence, observed

from hf_ablate.errors import InputError
from hf_ablate.prediction.candidates import candidates, find_candidate
from hf_ablate.prediction.choice import choose, folds
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.features import FeatureTable, fit_features
from hf_ablate.prediction.fitted import fit_evidence
from hf_ablate.prediction.predictors import Calibrated


@pytest.mark.parametrize("count", [4, 14, 15, 40])
def test_every_reference_is_held_out_once(count):
    assert sorted(np.concatenate(folds(count))) == list(range(count))
    assert len(folds(count)) == (count if count <= 14 else 10)


def test_the_stack_or_the_proxy_that_is_right_answers_and_noise_does_not():
    fitted = fit_evidence(made_up_evidence())
    assert fitted.name in ("stack", "ensemble")
    errors = {judged.candidate.name: judged.error for judged in fitted.choice.judged}
    assert errors["ensemble"] < 0.2 < errors["merged"]
    assert list(errors.values()) == sorted(errors.values())
    weights = np.random.default_rng(5).dirichlet(np.ones(3), 20)
    errors = np.abs(fitted.predictor.predict(weights).mean - losses_of(weights))
    assert errors.mean() < 0.1 * losses_of(weights).std(axis=0).mean()


def test_what_is_predicted_of_a_reference_that_is_held_out_does_not_depend_on_it():
    evidence = made_up_evidence()
    changed = evidence.references.losses.copy()
    changed[3] += [0.5, -0.4, 0.3, 0.6]
    other = replace(evidence, references=replace(evidence.references, losses=changed))
    plain = [
        name
        for name in fit_features(evidence).names
        if name not in ("laws", "exponential_law", "power_law", "process")
    ]
    first, second = (choose(fit_features(some), candidates(plain)) for some in (evidence, other))
    assert first.nested.mean[3] == pytest.approx(second.nested.mean[3])
    assert first.nested.sd[3] == pytest.approx(second.nested.sd[3])
    assert first.nested.mean[4] != pytest.approx(second.nested.mean[4], abs=1e-6)


def test_intervals_hold_as_many_as_they_should():
    inside = []
    for seed in range(6):
        fitted = fit_evidence(made_up_evidence(references=12, noise=0.01, seed=seed))
        weights = np.random.default_rng(100 + seed).dirichlet(np.ones(3), 60)
        shown = losses_of(weights) + np.random.default_rng(seed).normal(0, 0.01, (60, 4))
        prediction = fitted.predictor.predict(weights)
        inside.append((np.abs(prediction.mean - shown) < 1.645 * prediction.sd).mean())
    assert 0.85 < np.mean(inside) < 0.98


def test_a_predictor_that_is_asked_for_answers_whatever_its_error():
    fitted = fit_evidence(made_up_evidence(), "merged")
    assert fitted.name == "merged" and fitted.asked_for
    with pytest.raises(InputError, match="unknown predictor 'mergd'; did you mean 'merged'"):
        fit_evidence(made_up_evidence(), "mergd")


@pytest.mark.parametrize("references", [0, 3])
def test_with_too_few_references_averaged_probabilities_answer(references):
    evidence = made_up_evidence(references)
    fitted = fit_evidence(evidence)
    assert fitted.name == "ensemble" and fitted.choice is None
    scored = evidence.proxies["ensemble"]
    known = evidence.references
    offset = (known.losses - scored.losses[:references]).mean(axis=0) if references else 0.0
    assert fitted.predictor.predict(scored.weights).mean == pytest.approx(scored.losses + offset)
    without = replace(evidence, proxies={"merged": evidence.proxies["merged"]})
    assert fit_evidence(without).name == "merged"
    assert fit_evidence(replace(evidence, proxies={})).name == "soft_minimum"


def test_repeats_of_a_mixture_count_as_one_and_give_the_noise_floor():
    evidence = made_up_evidence(references=8)
    again = observed(evidence.references.weights[:4], evidence.references.losses[:4] + 0.02, "m")
    repeated = replace(evidence, references=evidence.references.joined(again))
    fitted = fit_evidence(repeated)
    assert len(fitted.table.references) == 8
    assert fitted.noise.source == "repeats"
    assert fitted.noise.sd == pytest.approx([0.02 / np.sqrt(2)] * 4)
    assert fit_evidence(evidence).noise.source == "residuals"


def test_every_predictor_says_what_its_formula_does():
    table = fit_features(made_up_evidence())
    weights = np.array([[1.0, 0.0, 0.0], [0.25, 0.75, 0.0]])
    assert table.values("component_mean", weights) == pytest.approx(weights @ COMPONENTS)
    assert table.values("component_min", weights)[1] == pytest.approx(COMPONENTS[:2].min(axis=0))
    assert table.values("number_of_units", weights).tolist() == [[-1.0] * 4, [-2.0] * 4]
    own = table.values("own_domain_weight", weights)
    assert own[1, :3] == pytest.approx([-0.5, -np.sqrt(0.75), 0]) and np.isnan(own[:, 3]).all()
    scored = table.evidence.proxies["merged"]
    assert table.values("merged", scored.weights) == pytest.approx(scored.losses)
    assert table.values("ensemble", weights)[0] == pytest.approx(COMPONENTS[0])


@pytest.mark.parametrize("references", [0, 10])
def test_what_is_expected_is_the_mean_of_what_is_predicted(references):
    predictor = fit_evidence(made_up_evidence(references)).predictor
    weights = np.random.default_rng(7).dirichlet(np.ones(3), 20)
    assert predictor.expected(weights) == pytest.approx(predictor.predict(weights).mean, rel=1e-12)


def test_the_stack_needs_six_references():
    assert fit_evidence(made_up_evidence(5)).name == "ensemble"
    assert fit_evidence(made_up_evidence(5), "stack").name == "stack"
    assert "stack" in {judged.candidate.name for judged in fit_evidence(made_up_evidence(6)).choice.judged}


def test_a_predictor_that_only_orders_mixtures_says_no_more_beyond_the_references_than_at_their_ends():
    units = 8
    sets = [chosen for size in (2, 3) for chosen in combinations(range(units), size)]
    weights = np.array([np.isin(np.arange(units), chosen) / len(chosen) for chosen in sets])
    luck = np.random.default_rng(0).normal(0, 0.01, (len(sets), 2))
    losses = 3 - 0.5 * (weights > 0).sum(axis=1, keepdims=True) + luck  # with all units, a line would reach -1
    evidence = Evidence(
        tuple("abcdefgh"), ("a", "web"), (0, None), observed(weights, losses, "m"), np.full((units, 2), np.nan)
    )
    table = FeatureTable(evidence, evidence.references, {}, None, None)
    choice = choose(table, [find_candidate("number_of_units")])
    predictor = Calibrated(table, choice.chosen, choice.stack)
    some, every = (np.eye(units)[:count].mean(axis=0) for count in (5, units))
    triple, five, whole = (predictor.predict(mixture[None]) for mixture in (weights[-1], some, every))
    assert five.mean == pytest.approx(np.full((1, 2), 1.5), abs=0.02)
    assert whole.mean == pytest.approx(np.full((1, 2), 1.5), abs=0.02)
    assert predictor.expected(every[None]) == pytest.approx(whole.mean) and (triple.sd < 0.05).all()
    # From two to three units the losses fall by 0.5; a random walk goes 0.5 √2 with two more, and 0.5 √5 with five.
    assert five.sd == pytest.approx(np.full((1, 2), 0.5 * np.sqrt(2)), rel=0.02)
    assert whole.sd == pytest.approx(np.full((1, 2), 0.5 * np.sqrt(5)), rel=0.02)
    joint = predictor.joint(np.stack([weights[-1], every]), np.array([0.5, 0.5]))
    assert joint.mean[1] == pytest.approx(whole.mean.mean()) and joint.sd[1] == pytest.approx(
        0.5 * np.sqrt(5), rel=0.02
    )


def test_what_only_orders_mixtures_predicts_no_losses_without_references_to_calibrate_it():
    evidence = replace(made_up_evidence(references=3), proxies={}, components=np.full((3, 4), np.nan))
    with pytest.raises(InputError, match="there is nothing to predict from"):
        fit_evidence(evidence)
    with pytest.raises(InputError, match="number_of_units only orders mixtures.* 4 reference models.* there are 3"):
        fit_evidence(evidence, "number_of_units")
