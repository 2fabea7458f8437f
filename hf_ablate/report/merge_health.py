"""Whether the components of a pool can be averaged: how their updates point, and what merges of two lose."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..ablation.sentences import error_text
from ..merging.pool_updates import pool_updates
from ..merging.updates import Updates
from ..mixtures.mixture import Mixture
from ..prediction.barriers import Barrier, find_barrier
from ..prediction.fitted import FittedStudy
from ..prediction.targets import DomainWeights
from ..ranking.tables import Z90


@dataclass(frozen=True)
class MergeHealth:
    """What speaks for and against averaging the components of a pool.

    Args:
        updates ([`Updates`], *optional*): of the components; `None` where their weights were never read.
        barriers (`tuple[Barrier, ...]`): between the components of the pairs that matter.
        unit_of_measure (`str`): of the losses.
    """

    updates: Updates | None
    barriers: tuple[Barrier, ...]
    unit_of_measure: str

    @property
    def sentences(self) -> list[str]:
        """What that means, in plain words."""
        of_updates = [] if self.updates is None else [_of_updates(self.updates)]
        return of_updates + [_of_barrier(barrier, self.unit_of_measure) for barrier in self.barriers]


def find_merge_health(
    run_dir: Path, fitted: FittedStudy, best: Mixture, target: DomainWeights, most_bytes: float
) -> MergeHealth:
    """Look at the updates of a pool, and at the merges of the two pairs of components that matter most.

    Args:
        run_dir (`Path`): of the study.
        fitted ([`FittedStudy`]): its evidence.
        best ([`Mixture`]): whose two largest units are a pair; the other pair is the one that points apart most.
        target ([`DomainWeights`]): that losses are on.
        most_bytes (`float`): as of [`pool_updates`].
    """
    updates = pool_updates(run_dir, most_bytes)
    pairs = dict.fromkeys([*_largest(best), *_apart(updates, fitted.evidence.units)])
    found = [find_barrier(fitted.table, pair, target.weights) for pair in pairs]
    return MergeHealth(updates, tuple(filter(None, found)), fitted.evidence.unit_of(target.weights))


def _largest(mixture: Mixture) -> list[tuple[str, str]]:
    """The two units of a mixture that weigh most."""
    units = sorted(mixture.weights, key=lambda unit: (-mixture.weights[unit], unit))[:2]
    return [tuple(sorted(units))] if len(units) == 2 else []


def _apart(updates: Updates | None, units: tuple[str, ...]) -> list[tuple[str, str]]:
    """The two components whose updates have the lowest cosine, where components stand for units."""
    if updates is None or not set(updates.components) <= set(units):
        return []
    first, second = np.triu_indices(len(updates.components), 1)
    cosines = np.nan_to_num(updates.cosines[first, second], nan=1.0)
    lowest = int(cosines.argmin())
    return [tuple(sorted((updates.components[first[lowest]], updates.components[second[lowest]])))]


def _of_updates(updates: Updates) -> str:
    cosines = updates.cosines[np.triu_indices(len(updates.components), 1)]
    low, middle, high = np.nanquantile(cosines, (0, 0.5, 1))
    relative = updates.lengths / updates.seed_length
    meaning = "no two work against each other" if low > -0.05 else "some work against each other"
    return (
        f"Training moved the components by {relative.min():.1%} to {relative.max():.1%} of the length of the seed’s "
        f"weights. Cosines between their updates are {low:.2f} to {high:.2f} (half of them above {middle:.2f}): "
        f"{meaning}. The average of all keeps {updates.kept:.0%} of the length of one."
    )


def _of_barrier(barrier: Barrier, unit_of_measure: str) -> str:
    first, second = barrier.units
    reach = Z90 * barrier.height_sd
    amount = f"{abs(barrier.height):.4f}" if barrier.is_scored else error_text(abs(barrier.height), reach)
    how = "As scored" if barrier.is_scored else "As predicted from other merges"
    if barrier.height <= 0:
        return (
            f"{how}, merges of {first} and {second} stay {amount} {unit_of_measure} or more below the straight line "
            "between the two: there is no loss barrier, and merging them is healthy."
        )
    if barrier.height <= reach:
        return (
            f"{how}, merges of {first} and {second} rise {amount} {unit_of_measure} above the straight line between "
            "the two, which cannot be told from none: merging them is healthy."
        )
    return (
        f"{how}, merges of {first} and {second} have a loss barrier: at {barrier.shares[barrier.highest]:.0%} of "
        f"{second} the merge is {amount} {unit_of_measure} above the straight line between the two. Their weights do "
        "not average well: trust reference models, and train components with fewer tokens or a lower learning rate."
    )
