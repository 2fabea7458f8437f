"""Which of two mixtures is better: probabilities, what would settle it, and measured differences."""

import json
import math

import numpy as np
import pytest
from analytic_predictor import AnalyticPredictor, linear, linear_study, study_of
from synthetic_study import make_study

from hf_ablate.ablation.compare import compare
from hf_ablate.ablation.paired_documents import documents_of_pair
from hf_ablate.evaluation.document_rows import DOCUMENTS
from hf_ablate.mixtures.enumerate import read_mixtures
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.targets import domain_weights


A, B = Mixture.uniform(["a"]), Mixture.uniform(["b"])
NORMAL_0_9 = 1.6448536


def compared(study, tmp_path, confidence=0.9):
    return compare(study, tmp_path, (A, B), domain_weights(None, study.evidence.domains), confidence)


def test_the_probability_is_that_of_the_difference(tmp_path):
    (found,) = compared(linear_study([[1.0], [1.02], [3.0]], sd=0.01), tmp_path)
    sd = 0.01 * math.sqrt(2)
    assert (found.basis, found.documents) == ("predicted", None)
    assert (found.estimate.value, found.estimate.sd) == pytest.approx((-0.02, sd))
    losses = np.random.default_rng(0).normal([1.0, 1.02], 0.01, (100_000, 2))
    assert found.probability == pytest.approx((losses[:, 0] < losses[:, 1]).mean(), abs=0.005)
    assert found.estimate.told_apart is (0.02 > NORMAL_0_9 * sd)


@pytest.mark.parametrize(("sd", "noise"), [(0.1, 1e-5), (0.1, 1e-4), (0.02, 1e-4), (0.5, 1e-4)])
def test_references_settle_a_difference_that_stays_what_it_is(tmp_path, sd, noise):
    """Errors of the two are independent, so each is known to 1 / (1 / sd² + n / noise) after n trainings."""
    difference = 0.025
    (found,) = compared(linear_study([[1.0], [1.0 + difference]], sd=sd, noise=noise), tmp_path)
    enough = next(
        count for count in range(1, 100)
        if NORMAL_0_9 * math.sqrt(2 / (1 / sd**2 + count / noise)) < difference
    )  # fmt: skip
    assert not found.estimate.told_apart
    assert found.more_references == enough


def test_what_is_settled_needs_no_more_references(tmp_path):
    (settled,) = compared(linear_study([[1.0], [2.0]], sd=0.01, noise=1e-4), tmp_path)
    assert settled.more_references == 0 and settled.probability > 0.999
    (known,) = compared(linear_study([[1.0], [1.01]], sd=0.001, noise=1e-3), tmp_path)
    assert known.more_references == 0 and not known.estimate.told_apart  # as it is below the noise floor


def test_what_a_thousand_references_would_not_settle(tmp_path):
    (found,) = compared(linear_study([[1.0], [1.0 + 1e-6]], sd=0.1, noise=1e-2), tmp_path)
    assert found.more_references is None
    (equal,) = compared(linear_study([[1.0], [1.0]]), tmp_path)
    assert equal.more_references is None and equal.probability == 0.5


def measured_study(noise: float, trained: list[tuple[str, float]]):
    """A study of which some of `a` and `b` were really trained, perhaps more than once."""
    weights = np.array([[1.0, 0.0] if unit == "a" else [0.0, 1.0] for unit, _ in trained])
    references = Observations(tuple(unit for unit, _ in trained), weights, np.array([[loss] for _, loss in trained]))
    predictor = AnalyticPredictor(linear, np.array([[1.0], [1.0]]), 0.04 * np.eye(2), noise)
    return study_of(predictor, ("a", "b"), references)


def test_reference_models_of_both_are_compared_directly(tmp_path):
    study = measured_study(1e-4, [("a", 0.98), ("a", 1.0), ("b", 1.05), ("a", math.nan)])
    measured, predicted = compared(study, tmp_path)
    assert (measured.basis, predicted.basis) == ("references", "predicted")
    assert measured.estimate.value == pytest.approx(0.99 - 1.05)
    assert measured.estimate.sd == pytest.approx(math.sqrt(1e-4 / 2 + 1e-4))
    assert predicted.estimate.value == pytest.approx(0)


def test_more_trainings_settle_a_measured_difference(tmp_path):
    """The interval reaches 1.645 sqrt(0.0001 · 2 / n) to either side: below 0.012 with n of at least 3.76."""
    measured, _ = compared(measured_study(1e-4, [("a", 1.0), ("b", 1.012)]), tmp_path)
    assert not measured.estimate.told_apart
    assert measured.more_references == 4 - 1


def test_a_reference_model_of_one_of_them_is_not_compared(tmp_path):
    study = measured_study(1e-4, [("a", 1.0), ("b", math.nan)])
    assert [found.basis for found in compared(study, tmp_path)] == ["predicted"]


def write_documents(run_dir, mixtures, bits):
    """Documents of all domains with made-up bits per byte, given as (model, document) → bits, of 1,000 bytes each."""
    rows = []
    scored = [json.loads(line) for line in (run_dir / "scores" / "rows.jsonl").read_text().splitlines()]
    for row in scored:
        for number, mixture in enumerate(mixtures):
            if row["model"] == f"reference:{mixture.id}":
                for document, value in enumerate(bits[number]):
                    sums = {
                        "prefix": "eos",
                        "limit_by": "source",
                        "num_bytes": 1000,
                        "sum_logprob": -value * 1000 * math.log(2),
                    }
                    rows.append({**row, **sums, "id": str(document), "document": document})
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (run_dir / "scores" / f"{DOCUMENTS}.jsonl").write_text(text)


def test_documents_are_paired(tmp_path):
    run_dir = make_study(tmp_path / "run")
    first, second = [candidate.mixture for candidate in read_mixtures(run_dir) if candidate.reference][:2]
    domains = tuple(f"in_domain/{unit}" for unit in ("networkx", "pandas"))
    target = np.array([0.5, 0.5])
    assert documents_of_pair(run_dir, (first, second), domains, target) is None

    generator = np.random.default_rng(0)
    hard = generator.normal(2, 0.5, 400)  # documents differ far more than models do
    better = generator.normal(0.01, 0.004, 400)
    write_documents(run_dir, (first, second), (hard, hard + better))
    found = documents_of_pair(run_dir, (first, second), domains, target)
    assert found.count == 800
    # of the mean of two domains, each with 400 documents of one size
    assert math.sqrt(found.variance) == pytest.approx(better.std(ddof=1) / math.sqrt(400) / math.sqrt(2))
