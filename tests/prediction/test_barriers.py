"""The loss barrier between two components, by merges that were scored and by predicted ones."""

from dataclasses import replace

import numpy as np
import pytest
from made_up_evidence import COMPONENTS, made_up_evidence, observed

from hf_ablate.errors import InputError
from hf_ablate.prediction.barriers import find_barrier
from hf_ablate.prediction.features import FeatureTable
from hf_ablate.prediction.surrogates import fit_surrogates


MEAN = np.full(4, 0.25)


def table_with(height: float, weights: np.ndarray) -> FeatureTable:
    """Merges that are a bowl above or below the straight lines between components."""
    losses = weights @ COMPONENTS + 2 * height * (1 - (weights**2).sum(axis=1, keepdims=True))
    evidence = replace(made_up_evidence(references=0), proxies={"merged": observed(weights, losses, "m")})
    return FeatureTable(evidence, evidence.references, fit_surrogates(evidence), None, None)


@pytest.mark.parametrize("height", [0.3, -0.3])
def test_of_merges_of_exactly_these_two_the_one_farthest_above_the_line_counts(height):
    weights = np.array([[0.8, 0.2, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0.2, 0.4, 0.4]])
    found = find_barrier(table_with(height, weights), ("a", "b"), MEAN)
    assert found.is_scored and found.shares.tolist() == [0, 0.2, 0.5, 1]
    assert found.line[[0, -1]] == pytest.approx(COMPONENTS[:2].mean(axis=1))
    highest = 0.5 if height > 0 else 0.2  # below the line, the merge that is least below it
    assert found.shares[found.highest] == highest and found.height_sd == 0
    assert found.height == pytest.approx(4 * height * highest * (1 - highest))


def test_a_merge_without_a_score_on_what_is_judged_does_not_count():
    weights = np.array([[0.5, 0.5, 0], [0.2, 0.4, 0.4], [0.4, 0.2, 0.4], [0.1, 0.8, 0.1]])
    whole = table_with(0.3, weights)
    losses = whole.evidence.proxies["merged"].losses.copy()
    losses[0, 3] = np.nan  # of the merge in the middle
    evidence = replace(whole.evidence, proxies={"merged": observed(weights, losses, "m")})
    table = replace(whole, evidence=evidence, proxies=fit_surrogates(evidence))
    assert find_barrier(table, ("a", "b"), np.array([0.5, 0.5, 0, 0])).height == pytest.approx(0.3)
    assert not find_barrier(table, ("a", "b"), MEAN).is_scored


def test_without_such_merges_the_surrogate_answers_with_its_error():
    random = np.random.default_rng(0)
    table = table_with(0.3, random.dirichlet(np.ones(3), 20))
    found = find_barrier(table, ("c", "a"), MEAN)
    assert not found.is_scored and found.shares[found.highest] == pytest.approx(0.5, abs=0.11)
    assert found.height == pytest.approx(0.3, abs=0.03) and 0 < found.height_sd < 0.1
    assert found.excess[[0, -1]] == pytest.approx([0, 0])
    with pytest.raises(InputError, match="unknown unit 'd'"):
        find_barrier(table, ("a", "d"), MEAN)
    nothing = FeatureTable(table.evidence, table.references, {}, None, None)
    assert find_barrier(nothing, ("a", "b"), MEAN) is None
