"""Shapley values: what each player brings when it joins, averaged over the orders in which players can join.

L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953. A design says which sets
must be valued, and how Shapley values follow from what they are worth, so that all are predicted in one batch.
"""

from dataclasses import dataclass
from math import comb

import numpy as np


MOST_EXACT = 12  # players, which have 4,096 sets
_MOST_SETS = 4096  # of a sample: no larger a covariance than in the exact case
MOST_PLAYERS = 45  # each of whom can be first and last once in a sample of that size


@dataclass(frozen=True)
class Design:
    """Sets of players, and Shapley values as sums over them.

    Args:
        members (`np.ndarray`): bool [sets, players]; the empty set is the first, each player alone is among them.
        coefficients (`np.ndarray`): [players, sets]; times what the sets are worth, they give the Shapley values.
        joined (`np.ndarray`, *optional*): int [pairs, 2, players, 2], where orders were sampled: in each order of each
            pair and for each player, the sets (as rows of `members`) after and before it joined.
    """

    members: np.ndarray
    coefficients: np.ndarray
    joined: np.ndarray | None = None

    def sampling_error(self, values: np.ndarray) -> np.ndarray:
        """The standard error that comes from sampling orders; 0 where all sets are valued.

        Args:
            values (`np.ndarray`): [sets], what each is worth.

        Returns:
            `np.ndarray`: [players].
        """
        if self.joined is None:
            return np.zeros(self.members.shape[1])
        of_pairs = (values[self.joined[..., 0]] - values[self.joined[..., 1]]).mean(axis=1)
        is_end = (self.joined[..., 1] == 0).any(axis=1)  # first, and last in the reverse: known exactly
        deviations = np.ma.masked_array(of_pairs, is_end)
        return np.asarray(deviations.std(axis=0, ddof=1) * np.sqrt(deviations.count(axis=0)) / len(of_pairs))


def shapley_design(players: int, random_seed: int) -> Design:
    """All sets of up to 12 players; of more, those of sampled orders.

    Args:
        players (`int`): how many, at most 45.
        random_seed (`int`): of the sample.
    """
    return exact_design(players) if players <= MOST_EXACT else sampled_design(players, random_seed)


def exact_design(players: int) -> Design:
    """All sets.

    Example:

    ```python
    >>> worth = np.array([0.0, 1.0, 2.0, 4.0])  # of nobody, of the first alone, of the second alone, of both
    >>> (exact_design(2).coefficients @ worth).tolist()
    [1.5, 2.5]

    ```
    """
    members = all_sets(players)
    size = members.sum(axis=1)[:, None]
    others = np.where(members, size - 1, size)  # [sets, players], how many others are in
    weights = np.array([1 / (players * comb(players - 1, count)) for count in range(players)])
    return Design(members, (np.where(members, 1.0, -1.0) * weights[others]).T)


def sampled_design(players: int, random_seed: int) -> Design:
    """The sets that arise when players join in random orders, and in the reverse of each.

    An order and its reverse err in opposite directions where what a player brings falls with the number of those
    before it (R. Mitchell et al., "Sampling Permutations for Shapley Value Estimation", JMLR 2022, arXiv 2104.12199).
    Every player is first, and last, equally often: what it brings alone, where predictions differ most, has no
    sampling error.

    Args:
        players (`int`): how many, at most 45.
        random_seed (`int`): of the orders.
    """
    orders = _orders(players, max(1, _MOST_SETS // (2 * players**2)), np.random.default_rng(random_seed))
    rows = {row.tobytes(): number for number, row in enumerate(_empty_and_alone(players))}
    joined = np.zeros((len(orders), 2, players, 2), dtype=int)
    for pair, order in zip(joined, orders, strict=True):
        for direction, sequence in zip(pair, (order, order[::-1]), strict=True):
            present = np.zeros(players, dtype=bool)
            before = 0
            for player in sequence:
                present[player] = True
                after = rows.setdefault(present.tobytes(), len(rows))
                direction[player] = after, before
                before = after
    members = np.array([np.frombuffer(row, dtype=bool) for row in rows])
    coefficients = np.zeros((players, len(members)))
    for player in range(players):
        after, before = joined[:, :, player].reshape(-1, 2).T
        np.add.at(coefficients[player], after, 1 / (2 * len(orders)))
        np.add.at(coefficients[player], before, -1 / (2 * len(orders)))
    return Design(members, coefficients, joined)


def _orders(players: int, rounds: int, random: np.random.Generator) -> np.ndarray:
    """[rounds · players, players]: in each round every player is first once and last once."""
    orders = []
    for _ in range(rounds):
        ring = random.permutation(players)
        for first, last in zip(ring, np.roll(ring, 1), strict=True):
            between = random.permutation([player for player in ring if player not in (first, last)])
            orders.append([first, *between, last])
    return np.array(orders)


def _empty_and_alone(players: int) -> np.ndarray:
    return np.vstack([np.zeros(players, dtype=bool), np.eye(players, dtype=bool)])


def all_sets(players: int) -> np.ndarray:
    """All sets of players; row s holds the players whose bits are set in s.

    Returns:
        `np.ndarray`: bool [2 ** players, players].

    Example:

    ```python
    >>> all_sets(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]

    ```
    """
    return (np.arange(2**players)[:, None] >> np.arange(players)) & 1 == 1
