"""What references can tell apart: the closed form of two mixtures, and that more of them tell more."""

import dataclasses

import numpy as np
import pytest
from linear_predictor import fitted_on, linear_study
from scipy.stats import norm

from hf_ablate.mixtures.methods import dirichlet, subsets
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.targets import domain_weights
from hf_ablate.search.power import power_of


STUDY = linear_study(references=4)
UNITS = list(STUDY.evidence.units)
CANDIDATES = list(subsets(UNITS)) + list(dirichlet(UNITS, 20, 1.0, 0))
TARGET = domain_weights(None, STUDY.evidence.domains)
FACTOR = norm.ppf(0.975) + norm.ppf(0.8)


def test_more_references_find_smaller_differences():
    power = power_of(STUDY, CANDIDATES, TARGET)
    assert power.references == tuple(range(4, 17))
    assert all(after <= before for before, after in zip(power.differences, power.differences[1:], strict=False))
    assert power.differences[-1] < power.differences[0] / 2


def test_difference_of_two_mixtures_is_found_in_80_of_100_cases():
    pair = [Mixture.uniform(UNITS[:2]), Mixture.uniform(UNITS[1:])]
    power = power_of(STUDY, pair, TARGET)
    joint = STUDY.predictor.joint(STUDY.evidence.weights_of(pair), TARGET.weights)
    _, deviation = joint.difference(0, 1)
    assert power.differences[0] == pytest.approx(FACTOR * deviation)
    estimates = power.differences[0] + deviation * norm.ppf((np.arange(10_000) + 0.5) / 10_000)
    assert np.mean(np.abs(estimates) > norm.ppf(0.975) * deviation) == pytest.approx(0.8, abs=1e-3)


def test_the_forecast_for_a_linear_model_is_what_refitting_it_gives():
    planned = [mixture for mixture in CANDIDATES if len(mixture.units) > 1][:5]
    forecast = power_of(STUDY, CANDIDATES, TARGET, planned)
    losses = STUDY.predictor.predict(STUDY.evidence.weights_of(planned)).mean
    before = STUDY.evidence.references
    references = Observations(
        before.ids + tuple(mixture.id for mixture in planned),
        np.concatenate([before.weights, STUDY.evidence.weights_of(planned)]),
        np.concatenate([before.losses, losses]),
    )
    refitted = fitted_on(dataclasses.replace(STUDY.evidence, references=references))
    present = power_of(refitted, CANDIDATES, TARGET)
    assert forecast.references[0] == present.references[0] == 9
    np.testing.assert_allclose(forecast.differences, present.differences, rtol=1e-6)


def test_references_that_are_planned_and_there_count_once():
    trained = [STUDY.evidence.mixture_of(weights) for weights in STUDY.evidence.references.weights]
    assert power_of(STUDY, CANDIDATES, TARGET, trained) == power_of(STUDY, CANDIDATES, TARGET)


def test_the_order_of_the_candidates_does_not_matter():
    assert power_of(STUDY, CANDIDATES[::-1], TARGET) == power_of(STUDY, CANDIDATES, TARGET)


def test_the_sentence_names_twice_the_references():
    power = power_of(STUDY, CANDIDATES, TARGET)
    assert power.text == (
        f"With 4 references, mixtures that differ by less than {power.differences[0]:.4f} bits per byte cannot be "
        f"told apart (80 % power); 8 references would separate {power.differences[4]:.4f}."
    )
    alone = power_of(STUDY, CANDIDATES[:4], TARGET)  # no mixture of two units is left to train on
    assert alone.text.endswith("cannot be told apart (80 % power).")
