import itertools

import numpy as np
import pytest

from hf_ablate.mixtures import space_filling as module
from hf_ablate.mixtures.enumerate import CandidateMixture
from hf_ablate.mixtures.methods import dirichlet, subsets
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.proxies import ENSEMBLE, MERGE
from hf_ablate.mixtures.scored_proxies import scored_proxies
from hf_ablate.mixtures.space_filling import space_filling


UNITS = ["a", "b", "c", "d"]
MIXTURES = [*(mixture for mixture in subsets(UNITS) if len(mixture.units) > 1), *dirichlet(UNITS, 20, 0.7, 0)]


def ids(mixtures: list[Mixture]) -> list[str]:
    return [mixture.id for mixture in mixtures]


def mean_distance(chosen: list[Mixture], mixtures: list[Mixture]) -> float:
    """Of mixtures from the nearest one chosen or of one unit."""

    def weights(some):
        return np.array([[mixture.weights.get(unit, 0.0) for unit in UNITS] for mixture in some])

    centres = np.vstack([np.eye(len(UNITS)), weights(chosen)])
    distances = np.linalg.norm(weights(mixtures)[:, None] - centres, axis=-1)
    return float(distances.min(axis=1).mean())


def test_each_is_the_best_beside_those_before_it():
    chosen = space_filling(MIXTURES, 6)
    for size in range(6):
        before = chosen[:size]
        left = [mixture for mixture in MIXTURES if mixture not in before]
        best = min(mean_distance([*before, mixture], MIXTURES) for mixture in left)
        assert mean_distance(chosen[: size + 1], MIXTURES) == pytest.approx(best, abs=1e-6)


def test_more_keeps_fewer_and_nothing_is_chosen_twice():
    everything = space_filling(MIXTURES, len(MIXTURES) + 5)
    assert sorted(ids(everything)) == sorted(ids(MIXTURES))
    for count in (0, 1, 7):
        assert ids(space_filling(MIXTURES, count)) == ids(everything)[:count]


def test_the_order_of_mixtures_does_not_matter():
    assert ids(space_filling(MIXTURES[::-1], 9)) == ids(space_filling(MIXTURES, 9))


def test_a_few_of_very_many_are_near_to_all(monkeypatch):
    monkeypatch.setattr(module, "_MOST_COVERED", 40)
    many = list(dirichlet(UNITS, 300, 0.7, 1))
    drawn = [mean_distance(many[start : start + 10], many) for start in range(0, 300, 10)]
    assert mean_distance(space_filling(many, 10), many) < min(drawn)


def candidates(references: int) -> list[CandidateMixture]:
    everything = [*(Mixture.uniform([unit]) for unit in UNITS), *MIXTURES]
    return [CandidateMixture(mixture, 0 <= row - 10 < references) for row, mixture in enumerate(everything)]


@pytest.mark.parametrize("share, references, merged", [(0.2, 0, 7), (0.2, 3, 7), (0.2, 12, 12), (0.001, 0, 1)])
def test_a_share_of_the_mixtures_of_several_units_is_merged(share, references, merged):
    study = candidates(references)  # 31 of them
    found = scored_proxies(study, "both", share)
    several = {mixture.id for proxy, mixture in found if proxy == MERGE and len(mixture.units) > 1}
    assert len(several) == merged
    assert several >= {candidate.mixture.id for candidate in study if candidate.reference}
    assert {mixture.id for proxy, mixture in found if proxy == MERGE} - several == {
        Mixture.uniform([unit]).id for unit in UNITS
    }
    assert [mixture for proxy, mixture in found if proxy == ENSEMBLE] == [each.mixture for each in study]


def test_larger_shares_hold_smaller_ones():
    merged = [
        {mixture.id for _, mixture in scored_proxies(candidates(3), "merge", share)} for share in (0.1, 0.3, 0.6, 1.0)
    ]
    assert all(few < more for few, more in itertools.pairwise(merged))


def test_a_study_of_components_alone_has_their_merges():
    components = candidates(0)[:4]
    assert [mixture for _, mixture in scored_proxies(components, "merge", 0.1)] == [
        each.mixture for each in components
    ]


def test_all_are_scored_in_their_order_by_default():
    study = candidates(3)
    mixtures = [candidate.mixture for candidate in study]
    expected = [(proxy, mixture) for proxy in (MERGE, ENSEMBLE) for mixture in mixtures]
    assert scored_proxies(study, "both") == scored_proxies(study, "both", 1.0) == expected
