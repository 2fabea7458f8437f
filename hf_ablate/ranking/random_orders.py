"""What orders drawn at random agree with the reference models: what chance alone gives."""

import numpy as np

from .agreement import MINIMUM_MIXTURES, STATISTICS, TOO_FEW, divide, lowest, scaled, share_ordered_alike
from .resamples import undefined, with_intervals


_MOST_SIGNS = 4_000_000  # a matrix of pairs for each order: bound the memory


def random_agreements(
    references: np.ndarray, counts: np.ndarray, confidence: float, seed: int
) -> list[dict[str, dict[str, float | str | None]]]:
    """The statistics of a predictor that orders mixtures at random.

    The values are exact expectations: no correlation, half of the pairs, the average regret. The interval is where
    the statistic of a single random order falls, one order drawn per resample: what chance alone gives with this
    number of mixtures. All targets are judged by the same orders.

    Args:
        references (`np.ndarray`): [targets, mixtures], lower is better.
        counts (`np.ndarray`): [resamples, mixtures] from [`resample`].
        confidence (`float`): the share of resamples in an interval.
        seed (`int`): of the random orders.

    Returns:
        `list`: for each target, statistic → as of [`agreements`].
    """
    if references.shape[1] < MINIMUM_MIXTURES:
        return [dict.fromkeys(STATISTICS, undefined(TOO_FEW)) for _ in references]
    draws = np.random.default_rng(seed).random(counts.shape)
    parts = max(1, counts.size * references.shape[1] // _MOST_SIGNS)
    chunks = zip(np.array_split(draws, parts), np.array_split(counts, parts), strict=True)
    pieces = [_resampled(some_draws, references, some_counts) for some_draws, some_counts in chunks]
    best = references.min(axis=1)
    regret = references.mean(axis=1) - best
    nothing = np.zeros(len(references))
    expected = (nothing, nothing, nothing, nothing + 0.5, regret, regret / best)
    entries = [
        with_intervals(values, np.concatenate([piece[name] for piece in pieces], axis=1), confidence)
        for name, values in zip(STATISTICS, expected, strict=True)
    ]
    return [dict(zip(STATISTICS, of_target, strict=True)) for of_target in zip(*entries, strict=True)]


def _resampled(draws: np.ndarray, references: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Every statistic of the orders of draws, [resamples, mixtures], in their resamples: [targets, resamples].

    The sums are those of [`agreements`], over each pair once; draws have no ties.
    """
    first, second = np.triu_indices(counts.shape[1], 1)
    pairs = counts[:, first] * counts[:, second]
    apart = draws[:, first] - draws[:, second]
    their = scaled(references)
    theirs_apart, theirs = their[:, first] - their[:, second], np.sign(references[:, first] - references[:, second])
    squares = (pairs * apart**2).sum(axis=1) * (theirs_apart**2 @ pairs.T)
    concordant = theirs @ (pairs * np.sign(apart)).T
    best = np.array([lowest(reference, counts) for reference in references])
    regret = references[:, np.where(counts > 0, draws, np.inf).argmin(axis=1)] - best
    size = counts.sum(axis=1)
    values = (
        divide(theirs_apart @ (pairs * apart).T / size**2, np.sqrt(squares) / size**2),
        _spearman(draws, references, counts),
        divide(concordant, np.sqrt(pairs.sum(axis=1) * (np.abs(theirs) @ pairs.T))),
        share_ordered_alike(2 * concordant, counts),
        regret,
        regret / best,
    )
    return dict(zip(STATISTICS, values, strict=True))


def _spearman(draws: np.ndarray, references: np.ndarray, counts: np.ndarray) -> np.ndarray:
    ranks = np.einsum("sij,sj->si", np.sign(draws[:, :, None] - draws[:, None, :]), counts) * counts
    found = []
    for reference in references:
        theirs = counts @ np.sign(reference[:, None] - reference).T
        found.append((np.einsum("si,si->s", ranks, theirs), np.einsum("si,si,si->s", theirs, theirs, counts)))
    shared, of_theirs = (np.array(part) for part in zip(*found, strict=True))
    own = (ranks**2 / np.maximum(counts, 1)).sum(axis=1)
    return divide(shared, np.sqrt(own * of_theirs))
