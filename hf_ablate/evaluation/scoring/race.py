"""Finding the best of many candidates on little text: those worse beyond doubt are dropped early.

All candidates are scored on the same few pieces of text of every domain, drawn at random. A candidate is dropped when
it is worse than each of the best by more than chance explains; the pieces are doubled for the rest, until as many are
left as are looked for, or all pieces are used. What is compared is bits per byte, as the mean of domains.

A few long pieces may decide the score of a domain, so each domain is divided into long and short pieces, about
half of its bytes each, and pieces are drawn from both. A difference between two candidates is estimated from paired
differences over the pieces, class by class as a ratio of sums, and its error from their spread, with the correction
for drawing from finitely many pieces (Cochran, "Sampling Techniques", 1977, chapters 5 and 6); thresholds are
Student's with Welch's degrees of freedom. A winner is lost only if some other candidate is mistaken for a better one,
so the doubt allowed, `1 - confidence`, is divided among all `winners * (candidates - winners)` such pairs and all
rounds.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats


ORDER_SEED = 1234
LENGTH_CLASSES = 2


@dataclass(frozen=True)
class RaceOptions:
    """What a race looks for.

    Args:
        winners (`int`): how many of the best candidates.
        confidence (`float`): the least probability that they are those of scoring everything.
        first_pieces (`int`): pieces of each class of lengths of each domain in the first round, at least 2.
    """

    winners: int
    confidence: float = 0.95
    first_pieces: int = 2


@dataclass(frozen=True)
class Round:
    """What happened in a round.

    Args:
        pieces (`int`): on how many pieces candidates were compared.
        candidates (`int`): how many were compared.
        dropped (`list[int]`): the candidates that were worse beyond doubt.
    """

    pieces: int
    candidates: int
    dropped: list[int]


@dataclass(frozen=True)
class Race:
    """How a race ended.

    Args:
        winners (`list[int]`): candidates, best first, by their scores on all pieces.
        scores (`np.ndarray`): [candidates], mean of domains of bits per byte: exact for the winners, for others as
            estimated when they were dropped.
        rounds (`list[Round]`): one after the other.
    """

    winners: list[int]
    scores: np.ndarray
    rounds: list[Round]


def race(
    score: Callable[[int, np.ndarray], np.ndarray],
    candidates: int,
    domains: np.ndarray,
    num_bytes: np.ndarray,
    options: RaceOptions,
) -> Race:
    """Find the best candidates.

    Args:
        score (`Callable[[int, np.ndarray], np.ndarray]`): (candidate, pieces) → their sums of log-probability,
            natural logarithm, [pieces]. Called once for each candidate and piece at most.
        candidates (`int`): how many there are.
        domains (`np.ndarray`): [pieces], int, the number of each one's domain.
        num_bytes (`np.ndarray`): [pieces], their parts of their domains' bytes.
        options (`RaceOptions`): how many are looked for, and how surely.

    Example:

    ```python
    >>> quality = np.array([1.0, 1.1, 2.0, 3.0])
    >>> outcome = race(lambda candidate, pieces: -100 * quality[candidate] * (1 + pieces % 3), 4,
    ...                np.zeros(64, dtype=int), np.full(64, 100), RaceOptions(winners=1))
    >>> outcome.winners, outcome.rounds[0].pieces
    ([0], 4)

    ```
    """
    winners, first = options.winners, options.first_pieces
    strata = _strata(domains, num_bytes)
    counted = np.concatenate([stratum.pieces for stratum in strata])
    most = max(len(stratum.pieces) for stratum in strata)
    rounds_to_come = max(0, math.ceil(math.log2(most / first)))  # the last sees all pieces and cannot err
    doubt = (1 - options.confidence) / max(1, winners * (candidates - winners) * rounds_to_come)
    sums = np.full((candidates, len(domains)), np.nan)
    alive, rounds, scores = np.arange(candidates), [], np.full(candidates, np.nan)
    drawn, target = 0, first
    while True:
        batch = np.concatenate([stratum.pieces[drawn:target] for stratum in strata])
        for candidate in alive:
            sums[candidate, batch] = score(int(candidate), batch)
        scores[alive] = _means(sums[alive], strata, target)
        alive = alive[np.argsort(scores[alive], kind="stable")]
        is_doubtful = _is_doubtful(sums[alive], strata, target, winners, doubt)
        seen = sum(min(target, len(stratum.pieces)) for stratum in strata)
        rounds.append(Round(seen, len(alive), alive[~is_doubtful].tolist()))
        alive = alive[is_doubtful]
        if len(alive) == winners or target >= most:
            break
        drawn, target = target, 2 * target
    best = alive[:winners]
    rest = np.setdiff1d(counted, np.concatenate([stratum.pieces[:target] for stratum in strata]))
    if len(rest):
        for candidate in best:
            sums[candidate, rest] = score(int(candidate), rest)
        scores[best] = _means(sums[best], strata, most)
        best = best[np.argsort(scores[best], kind="stable")]
    return Race(best.tolist(), scores, rounds)


@dataclass(frozen=True)
class _Stratum:
    """The pieces of one class of lengths of a domain, in the order in which they are drawn.

    Args:
        pieces (`np.ndarray`): numbers of the pieces.
        num_bytes (`np.ndarray`): [pieces].
        share (`float`): its weight in the mean of domains: its part of the domain's bytes, over the number of domains.
    """

    pieces: np.ndarray
    num_bytes: np.ndarray
    share: float


def _strata(domains: np.ndarray, num_bytes: np.ndarray) -> list[_Stratum]:
    """All classes of all domains that have bytes; a domain without any has no score."""
    generator = np.random.default_rng(ORDER_SEED)
    with_bytes = np.flatnonzero(np.bincount(domains, num_bytes))
    strata = []
    for domain in with_bytes:
        pieces = np.flatnonzero((domains == domain) & (num_bytes > 0))
        pieces = pieces[np.argsort(num_bytes[pieces], kind="stable")]
        sizes = num_bytes[pieces]
        middle = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
        classes = np.minimum((middle * LENGTH_CLASSES).astype(int), LENGTH_CLASSES - 1)
        for one in np.unique(classes):
            in_order = generator.permutation(pieces[classes == one])
            share = num_bytes[in_order].sum() / sizes.sum() / len(with_bytes)
            strata.append(_Stratum(in_order, num_bytes[in_order], float(share)))
    return strata


def _means(sums: np.ndarray, strata: list[_Stratum], drawn: int) -> np.ndarray:
    """[candidates], the estimates of the mean of domains of bits per byte from `drawn` pieces of each stratum."""
    each = [
        -stratum.share * sums[:, stratum.pieces[:drawn]].sum(axis=1) / stratum.num_bytes[:drawn].sum()
        for stratum in strata
    ]
    return np.sum(each, axis=0) / math.log(2)


def _is_doubtful(sums: np.ndarray, strata: list[_Stratum], drawn: int, winners: int, doubt: float) -> np.ndarray:
    """[candidates, best first], whether each may be a winner: not beyond doubt worse than the best."""
    result = np.ones(len(sums), dtype=bool)
    if len(sums) > winners:
        worse = [_is_worse(sums[winners:], sums[leader], strata, drawn, doubt) for leader in range(winners)]
        result[winners:] = ~np.all(worse, axis=0)
    return result


def _is_worse(sums: np.ndarray, leader: np.ndarray, strata: list[_Stratum], drawn: int, doubt: float) -> np.ndarray:
    """[candidates], whether a candidate's mean of domains is higher than the leader's beyond doubt."""
    difference, variance, fourth = np.zeros(len(sums)), np.zeros(len(sums)), np.zeros(len(sums))
    for stratum in strata:
        pieces, num_bytes = stratum.pieces[:drawn], stratum.num_bytes[:drawn]
        size, total = len(pieces), len(stratum.pieces)
        worse_by = leader[pieces] - sums[:, pieces]
        ratio = worse_by.sum(axis=1) / num_bytes.sum()
        difference += stratum.share * ratio
        if size < total:
            residual = worse_by - ratio[:, None] * num_bytes
            spread = size / (size - 1) * (residual**2).sum(axis=1) / num_bytes.sum() ** 2
            of_stratum = stratum.share**2 * (1 - size / total) * spread
            variance += of_stratum
            fourth += of_stratum**2 / (size - 1)
    freedom = np.divide(variance**2, fourth, out=np.full(len(sums), np.inf), where=fourth > 0)
    return difference > stats.t.isf(doubt, freedom) * np.sqrt(variance)
