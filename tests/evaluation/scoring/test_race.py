"""Racing: the winners are those of scoring everything, at the stated confidence, for a part of the tokens."""

import math

import numpy as np
import pytest

from hf_ablate.evaluation.scoring.race import RaceOptions, race


class Pool:
    """Candidates whose per-document scores differ as those of real proxies do.

    Documents have lengths over two orders of magnitude and difficulties of their own, the same for all candidates;
    a candidate differs by its own quality on each domain and by what it happens to know of each document.
    """

    def __init__(
        self, seed: int, candidates: int = 40, documents: int = 300, spread: float = 0.05, luck: float = 0.05,
        lengths: float = 1.2, tail: float = 4,
    ):  # fmt: skip
        random = np.random.default_rng(seed)
        self.domains = np.sort(random.integers(0, 4, documents))
        self.num_bytes = np.ceil(random.lognormal(7, lengths, documents)).astype(int)
        difficulty = random.normal(1, 0.3, documents)
        quality = (
            random.normal(0, spread, (candidates, 1)) + random.normal(0, spread / 3, (candidates, 4))[:, self.domains]
        )
        knowledge = random.standard_t(tail, (candidates, documents)) * luck
        self.sums = -(difficulty + quality + knowledge) * self.num_bytes * math.log(2)
        self.scored = np.zeros_like(self.sums, dtype=int)

    def score(self, candidate: int, documents: np.ndarray) -> np.ndarray:
        self.scored[candidate, documents] += 1
        return self.sums[candidate, documents]

    def race(self, winners: int, **options):
        return race(self.score, len(self.sums), self.domains, self.num_bytes, RaceOptions(winners, **options))

    @property
    def full_scores(self) -> np.ndarray:
        each = [
            -self.sums[:, self.domains == one].sum(axis=1) / self.num_bytes[self.domains == one].sum()
            for one in range(4)
        ]
        return np.mean(each, axis=0) / math.log(2)

    @property
    def share_scored(self) -> float:
        return (self.scored * self.num_bytes).sum() / (self.num_bytes.sum() * len(self.sums))


@pytest.mark.parametrize("top", [1, 3])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_winners_are_those_of_the_full_sweep_at_the_stated_confidence(top, confidence):
    right, trials = 0, 120
    for seed in range(trials):
        pool = Pool(seed)
        found = pool.race(top, confidence=confidence)
        right += found.winners == np.argsort(pool.full_scores)[:top].tolist()
    assert right >= confidence * trials


def test_a_few_very_long_documents_that_decide_do_not_mislead():
    right, trials = 0, 100
    for seed in range(trials):
        pool = Pool(seed, lengths=2, tail=2.2)
        right += pool.race(1).winners == [int(np.argmin(pool.full_scores))]
    assert right >= 0.95 * trials


def test_clear_cases_cost_a_small_part_of_the_full_sweep():
    shares = []
    for seed in range(10):
        pool = Pool(seed, candidates=100, spread=0.2)
        found = pool.race(winners=1)
        assert found.winners == [int(np.argmin(pool.full_scores))]
        shares.append(pool.share_scored)
    assert np.mean(shares) < 0.3


def test_no_document_is_scored_twice_and_the_winners_are_scored_on_all():
    pool = Pool(3)
    found = pool.race(winners=3)
    assert pool.scored.max() == 1
    assert (pool.scored[found.winners] == 1).all()
    assert found.scores[found.winners] == pytest.approx(pool.full_scores[found.winners], rel=1e-12)
    assert found.scores[found.winners].tolist() == sorted(found.scores[found.winners])


def test_all_candidates_of_a_round_see_the_same_pieces_twice_as_many_each_time():
    pool = Pool(4)
    found = pool.race(winners=2)
    first = found.rounds[0]
    assert (first.candidates, first.pieces) == (40, 16)
    seen = {tuple(np.flatnonzero(row)) for row in pool.scored[first.dropped]}
    assert len(seen) == 1
    for before, after in zip(found.rounds, found.rounds[1:], strict=False):
        assert after.candidates == before.candidates - len(before.dropped)
        assert before.pieces < after.pieces <= 2 * before.pieces


def test_candidates_that_are_alike_are_compared_on_everything():
    pool = Pool(5, candidates=6)
    pool.sums[:] = pool.sums[0]
    found = pool.race(winners=2)
    assert found.winners == [0, 1]
    assert (pool.scored == 1).all()


def test_the_same_race_ends_the_same():
    first, second = Pool(6).race(winners=2), Pool(6).race(winners=2)
    assert first.winners == second.winners and first.rounds == second.rounds


def test_as_many_winners_as_candidates_need_no_round_more():
    pool = Pool(7, candidates=3)
    found = pool.race(winners=3)
    assert found.winners == np.argsort(pool.full_scores).tolist()
    assert len(found.rounds) == 1 and found.rounds[0].dropped == []


def test_empty_documents_and_domains_without_bytes_decide_nothing():
    pool = Pool(8)
    pool.num_bytes[pool.domains == 2] = 0
    pool.num_bytes[::7] = 0
    pool.sums[:, pool.num_bytes == 0] = 0
    found = pool.race(winners=1)
    kept = [one for one in (0, 1, 3)]
    each = [-pool.sums[:, pool.domains == one].sum(axis=1) / pool.num_bytes[pool.domains == one].sum() for one in kept]
    assert found.winners == [int(np.argmin(np.mean(each, axis=0)))]
    assert np.isfinite(found.scores).all()
