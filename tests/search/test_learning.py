"""How fast errors fall with references: known exponents, and what they do to plans."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from linear_predictor import linear_study

from hf_ablate.mixtures.methods import subsets
from hf_ablate.prediction.predictor import Prediction
from hf_ablate.prediction.targets import domain_weights
from hf_ablate.search.learning import learning_exponent
from hf_ablate.search.power import power_of


TARGET = domain_weights(None, ["source/0", "source/1", "source/2"])


def study(references, error):
    """A study whose nested cross-validation is off by so much."""
    plain = linear_study(references=references)
    observed = plain.evidence.references
    nested = Prediction(observed.losses - error, np.ones_like(observed.losses))
    return replace(
        plain, table=SimpleNamespace(references=observed, other_scale=None), choice=SimpleNamespace(nested=nested)
    )


@pytest.fixture
def half_error(monkeypatch):
    """Sets by how much predictors are off that are fitted on half of the references."""

    def set_to(error):
        truth = linear_study(references=20).evidence.references

        def fit(evidence, other_scale):
            def expected(weights):
                rows = [int(np.abs(truth.weights - row).sum(axis=1).argmin()) for row in weights]
                assert not {tuple(row) for row in weights} & {tuple(row) for row in evidence.references.weights}
                return truth.losses[rows] + error

            return SimpleNamespace(predictor=SimpleNamespace(expected=expected))

        monkeypatch.setattr("hf_ablate.prediction.part_fits.fit_evidence", fit)

    return set_to


@pytest.mark.parametrize(
    ("with_half", "with_all", "exponent"),
    [(0.2 * 2**0.2, 0.2, 0.2), (0.2, 0.2, 0.0), (0.1, 0.2, 0.0), (0.8, 0.2, 0.25)],
    ids=["falling", "constant", "rising", "too fast"],
)
def test_the_exponent_is_that_of_the_errors(half_error, with_half, with_all, exponent):
    half_error(with_half)
    assert learning_exponent(study(20, with_all), TARGET) == pytest.approx(exponent)


def test_seven_references_are_too_few_to_tell(half_error):
    half_error(1.0)
    assert learning_exponent(study(7, 0.1), TARGET) == 0
    assert learning_exponent(linear_study(references=20), TARGET) == 0


def test_plans_count_on_errors_that_fall(half_error):
    candidates = list(subsets(["unit0", "unit1", "unit2", "unit3"]))
    powers = []
    for error in (0.2, 0.2 * 2**0.15):
        half_error(error)
        powers.append(power_of(study(20, 0.2), candidates, TARGET))
    constant, falling = (np.array(power.differences) for power in powers)
    counts = np.array(powers[0].references)
    np.testing.assert_allclose(falling, constant * (20 / counts) ** 0.15)
