"""The next reference models: never one that exists, never worse than nothing, whatever the order of the candidates."""

import itertools

import numpy as np
import pytest
from linear_predictor import linear_study

from hf_ablate.mixtures.methods import dirichlet, subsets
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.prediction.predictor import Joint
from hf_ablate.prediction.targets import domain_weights
from hf_ablate.search.conditioning import Futures
from hf_ablate.search.costs import Cost, ReferenceCosts
from hf_ablate.search.references import choose_batch, propose_references


STUDY = linear_study()
CANDIDATES = list(subsets(list(STUDY.evidence.units))) + list(dirichlet(list(STUDY.evidence.units), 10, 1.0, 0))
TARGET = domain_weights(None, STUDY.evidence.domains)


def test_regret_falls_with_every_reference_model():
    proposal = propose_references(STUDY, CANDIDATES, TARGET, 5)
    regrets = [proposal.regret, *(each.regret for each in proposal.references)]
    assert len(regrets) == 6
    assert all(later <= earlier for earlier, later in zip(regrets, regrets[1:], strict=False))
    assert regrets[-1] < regrets[0] / 2
    assert regrets[-1] >= 0
    assert proposal.regret - proposal.references[0].regret == pytest.approx(proposal.references[0].gain)


def test_a_batch_is_not_a_list_of_twins():
    twin = Mixture.of({"unit0": 0.5, "unit1": 0.5})
    near = Mixture.of({"unit0": 0.5001, "unit1": 0.4999})
    others = [Mixture.uniform(["unit2", "unit3"]), Mixture.uniform(["unit0", "unit3"])]
    proposal = propose_references(STUDY, [twin, near, *others], TARGET, 2)
    assert len({each.mixture.id for each in proposal.references} & {twin.id, near.id}) < 2


def test_neither_a_trained_mixture_nor_one_unit_is_proposed():
    trained = [STUDY.evidence.mixture_of(weights) for weights in STUDY.evidence.references.weights]
    proposal = propose_references(STUDY, CANDIDATES + trained, TARGET, len(CANDIDATES))
    proposed = [each.mixture for each in proposal.references]
    assert not {mixture.id for mixture in proposed} & {mixture.id for mixture in trained}
    assert all(len(mixture.units) > 1 for mixture in proposed)
    assert len({mixture.id for mixture in proposed}) == len(proposed)


def test_the_order_of_the_candidates_does_not_matter():
    shuffled = [CANDIDATES[row] for row in np.random.default_rng(0).permutation(len(CANDIDATES))]
    assert propose_references(STUDY, shuffled, TARGET, 4) == propose_references(STUDY, CANDIDATES, TARGET, 4)


def test_the_target_decides_what_is_proposed():
    chosen = {
        tuple(each.mixture.id for each in propose_references(STUDY, CANDIDATES, target, 3).references)
        for target in (TARGET, domain_weights("source/0", STUDY.evidence.domains))
    }
    assert len(chosen) == 2


def test_a_model_that_costs_more_has_to_gain_more():
    joint, pairs = Joint(np.array([0.0, 0.1, 0.1]), np.diag([0.0, 0.05, 0.04]), 0.001), np.full((3, 2), 0.5)
    first = [choose_batch(joint, pairs, np.zeros((0, 2)), prices, 1)[0].row for prices in ([1, 1, 1], [1, 3, 1])]
    assert first == [1, 2]


def test_every_fourth_model_is_far_from_all_others():
    references = propose_references(STUDY, CANDIDATES, TARGET, 9).references
    assert [each.explores for each in references] == [False, False, False, True] * 2 + [False]
    roots = np.sqrt(STUDY.evidence.weights_of([each.mixture for each in references]))
    there = np.concatenate([np.sqrt(STUDY.evidence.references.weights), roots[:3]])
    distances = [np.linalg.norm(there - root, axis=1).min() for root in roots[3:]]
    assert distances[0] == max(distances)


def test_costs_grow_with_units_under_the_union_budget():
    costs = ReferenceCosts(Cost(1e6, 1e12, 0.1), grows_with_units=True)
    for each in propose_references(STUDY, CANDIDATES, TARGET, 3, costs).references:
        assert each.cost.flops == 1e12 * len(each.mixture.units)


def test_a_greedy_pair_is_nearly_as_good_as_the_best_pair():
    weights = STUDY.evidence.weights_of(CANDIDATES[4:16])
    joint, every = STUDY.predictor.joint(weights, TARGET.weights), np.arange(12)
    start = Futures.before(joint, 2)
    pairs = itertools.combinations(range(12), 2)
    best = max(start.gain(first, every) + start.after(first).gain(second, every) for first, second in pairs)
    chosen = choose_batch(joint, weights, np.zeros((0, 4)), np.ones(12), 2)
    assert sum(each.gain for each in chosen) >= 0.95 * best
