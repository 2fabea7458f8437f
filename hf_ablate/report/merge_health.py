"""Whether the components of a pool can be averaged: how their updates point, and what merges of two lose."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..ablation.sentences import error_text
from ..merging.pool_updates import pool_updates
from ..merging.updates import Updates
from ..mixtures.mixture import Mixture
from ..prediction.barriers import Barrier, find_barrier
from ..prediction.choice import COVERAGE
from ..prediction.fitted import FittedStudy
from ..prediction.targets import DomainWeights
from ..ranking.tables import Z90


# A rise by no more than this share of the loss is little, where the noise of a training is not known: a judgement.
_SLIGHT = 0.005


@dataclass(frozen=True)
class MergeHealth:
    """What speaks for and against averaging the components of a pool.

    Args:
        updates ([`Updates`], *optional*): of the components; `None` where their weights were never read.
        barriers (`tuple[Barrier, ...]`): between the components of the pairs that matter.
        unit_of_measure (`str`): of the losses.
        noise_floor (`float`, *optional*): what two trainings on one mixture differ by at most in 9 of 10 cases.
    """

    updates: Updates | None
    barriers: tuple[Barrier, ...]
    unit_of_measure: str
    noise_floor: float | None = None

    @property
    def sentences(self) -> list[str]:
        """What that means, in plain words."""
        of_updates = [] if self.updates is None else [_of_updates(self.updates)]
        return of_updates + [_of_barrier(barrier, self.unit_of_measure, self.noise_floor) for barrier in self.barriers]


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
    unit_of_measure, floor = fitted.evidence.unit_of(target.weights), fitted.noise_floor(target.weights, COVERAGE)
    return MergeHealth(updates, tuple(filter(None, found)), unit_of_measure, floor)


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


def _of_barrier(barrier: Barrier, unit_of_measure: str, noise_floor: float | None) -> str:
    first, second = barrier.units
    reach = Z90 * barrier.height_sd
    amount = f"{abs(barrier.height):.4f}" if barrier.is_scored else error_text(abs(barrier.height), reach)
    how = "As scored" if barrier.is_scored else "As predicted from other merges"
    if barrier.height <= 0:
        return (
            f"{how}, merges of {first} and {second} stay {amount} {unit_of_measure} or more below the straight line "
            "between the two: there is no loss barrier, and merging them is healthy."
        )
    if harmless := _why_harmless(barrier, reach, noise_floor):
        return (
            f"{how}, merges of {first} and {second} rise {amount} {unit_of_measure} above the straight line between "
            f"the two, which {harmless}: merging them is healthy."
        )
    return (
        f"{how}, merges of {first} and {second} have a loss barrier: at {barrier.shares[barrier.highest]:.0%} of "
        f"{second} the merge is {amount} {unit_of_measure} above the straight line between the two. Their weights do "
        "not average well: trust reference models, and train components with fewer tokens or a lower learning rate."
    )


def _why_harmless(barrier: Barrier, reach: float, noise_floor: float | None) -> str | None:
    """What makes a rise above the straight line no reason to doubt merges; `None` where nothing does."""
    if barrier.height <= reach:
        return "is within its error"
    if noise_floor is None:
        return "is little" if barrier.height <= _SLIGHT * barrier.line[barrier.highest] else None
    return "is no more than the luck of a training" if barrier.height <= noise_floor else None
