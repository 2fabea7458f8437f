"""Finding the best of many candidates on few documents: those worse beyond doubt are dropped early.

All candidates are scored on the same few documents of every domain, drawn at random. A candidate is dropped when it is
worse than each of the best `top` by more than chance explains; the documents are doubled for the rest, until `top` are
left or all documents are used. What is compared is the macro average of bits per byte over domains.

A difference between two candidates is estimated from paired differences over the documents, domain by domain as a
ratio of sums, and its error from their spread, with the correction for drawing from finitely many documents (Cochran,
"Sampling Techniques", 1977, chapters 2 and 6); thresholds are Student's with Welch's degrees of freedom. A winner is
lost only if some candidate that is no winner is taken for better than it, so the doubt allowed, `1 - confidence`, is
shared out over all `top · (candidates - top)` such pairs and all rounds.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats


ORDER_SEED = 1234


@dataclass(frozen=True)
class Round:
    """What happened in a round.

    Args:
        documents (`int`): on how many documents candidates were compared.
        candidates (`int`): how many were compared.
        dropped (`list[int]`): the candidates that were worse beyond doubt.
    """

    documents: int
    candidates: int
    dropped: list[int]


@dataclass(frozen=True)
class Race:
    """How a race ended.

    Args:
        winners (`list[int]`): candidates, best first, by their scores on all documents.
        scores (`np.ndarray`): [candidates], macro average of bits per byte: exact for the winners, for others as
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
    top: int,
    confidence: float = 0.95,
    first: int = 4,
) -> Race:
    """Find the `top` best candidates.

    Args:
        score (`Callable[[int, np.ndarray], np.ndarray]`): (candidate, documents) → their sums of log-probability,
            natural logarithm, [documents]. Called once for each candidate and document at most.
        candidates (`int`): how many there are.
        domains (`np.ndarray`): [documents], the domain of each, as a number.
        num_bytes (`np.ndarray`): [documents].
        top (`int`): how many are wanted.
        confidence (`float`): the least probability that the winners are those of scoring everything.
        first (`int`): documents of each domain in the first round, at least 2.

    Example:

    ```python
    >>> quality = np.array([1.0, 1.1, 2.0, 3.0])
    >>> found = race(lambda candidate, documents: -100 * quality[candidate] * (1 + documents % 3), 4,
    ...              domains=np.zeros(64, dtype=int), num_bytes=np.full(64, 100), top=1)
    >>> found.winners, found.rounds[0].documents
    ([0], 4)

    ```
    """
    counted = np.isin(domains, np.flatnonzero(np.bincount(domains, num_bytes)))  # a domain without bytes has no score
    batches = _batches(domains, counted, first)
    doubt = (1 - confidence) / max(1, top * (candidates - top) * (len(batches) - 1))
    sums = np.full((candidates, len(domains)), np.nan)
    alive, known, rounds = np.arange(candidates), np.array([], dtype=int), []
    scores = np.full(candidates, np.nan)
    for batch in batches:
        known = np.concatenate([known, batch])
        for candidate in alive:
            sums[candidate, batch] = score(int(candidate), batch)
        strata = _strata(domains, counted, num_bytes, known)
        scores[alive] = _macro(sums[alive], strata)
        alive = alive[np.argsort(scores[alive], kind="stable")]
        is_doubtful = _is_doubtful(sums[alive], strata, top, doubt)
        rounds.append(Round(len(known), len(alive), alive[~is_doubtful].tolist()))
        alive = alive[is_doubtful]
        if len(alive) == top:
            break
    rest = np.setdiff1d(np.flatnonzero(counted), known)
    winners = alive[:top]
    if len(rest):
        for candidate in winners:
            sums[candidate, rest] = score(int(candidate), rest)
        everything = _strata(domains, counted, num_bytes, np.flatnonzero(counted))
        scores[winners] = _macro(sums[winners], everything)
        winners = winners[np.argsort(scores[winners], kind="stable")]
    return Race(winners.tolist(), scores, rounds)


@dataclass(frozen=True)
class _Stratum:
    """The documents of a domain that are known by now, and how many there are in all."""

    documents: np.ndarray
    num_bytes: np.ndarray
    total: int


def _batches(domains: np.ndarray, counted: np.ndarray, first: int) -> list[np.ndarray]:
    """The documents that each round adds: `first` of each domain, then as many again as there are, to the end."""
    generator = np.random.default_rng(ORDER_SEED)
    orders = [generator.permutation(np.flatnonzero(counted & (domains == one))) for one in np.unique(domains[counted])]
    batches, done, wanted = [], 0, first
    while any(done < len(order) for order in orders):
        batches.append(np.concatenate([order[done:wanted] for order in orders]))
        done, wanted = wanted, 2 * wanted
    return batches


def _strata(domains: np.ndarray, counted: np.ndarray, num_bytes: np.ndarray, known: np.ndarray) -> list[_Stratum]:
    return [
        _Stratum(known[domains[known] == one], num_bytes[known[domains[known] == one]], int((domains == one).sum()))
        for one in np.unique(domains[counted])
    ]


def _macro(sums: np.ndarray, strata: list[_Stratum]) -> np.ndarray:
    """[candidates], the estimates of the macro average of bits per byte."""
    each = [-sums[:, stratum.documents].sum(axis=1) / max(stratum.num_bytes.sum(), 1) for stratum in strata]
    return np.mean(each, axis=0) / math.log(2)


def _is_doubtful(sums: np.ndarray, strata: list[_Stratum], top: int, doubt: float) -> np.ndarray:
    """[candidates, best first], whether each may be a winner: not worse than all of the first `top` beyond doubt."""
    result = np.ones(len(sums), dtype=bool)
    if len(sums) <= top:
        return result
    is_worse = np.ones(len(sums) - top, dtype=bool)
    for leader in range(top):
        is_worse &= _is_worse(sums[top:], sums[leader], strata, doubt)
    result[top:] = ~is_worse
    return result


def _is_worse(sums: np.ndarray, leader: np.ndarray, strata: list[_Stratum], doubt: float) -> np.ndarray:
    """[candidates], whether a candidate's macro average is higher than the leader's beyond doubt."""
    difference, variance, fourth = np.zeros(len(sums)), np.zeros(len(sums)), np.zeros(len(sums))
    for stratum in strata:
        size, total_bytes = len(stratum.documents), stratum.num_bytes.sum()
        if total_bytes == 0:
            return np.zeros(len(sums), dtype=bool)
        worse_by = leader[stratum.documents] - sums[:, stratum.documents]
        ratio = worse_by.sum(axis=1) / total_bytes
        difference += ratio
        if size < stratum.total:
            residual = worse_by - ratio[:, None] * stratum.num_bytes
            own = (1 - size / stratum.total) * size / (size - 1) * (residual**2).sum(axis=1) / total_bytes**2
            variance += own
            fourth += own**2 / (size - 1)
    freedom = np.divide(variance**2, fourth, out=np.full(len(sums), np.inf), where=fourth > 0)
    return difference > stats.t.isf(doubt, freedom) * np.sqrt(variance)
