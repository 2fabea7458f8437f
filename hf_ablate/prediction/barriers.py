"""The loss barrier between two components: what their averages lose against the straight line between the two."""

from dataclasses import dataclass

import numpy as np

from ..errors import unknown_name
from ..mixtures.proxies import MERGE
from .features import FeatureTable


_STEPS = 20  # along the line, where merges are predicted


@dataclass(frozen=True)
class Barrier:
    """The losses of the averages of two components, from the first alone to the second alone.

    A barrier above zero means that training has taken the two to different valleys (Frankle et al., Linear Mode
    Connectivity and the Lottery Ticket Hypothesis, 2020), where their average is worse than what it stands in for.

    Args:
        units (`tuple[str, str]`): of the components.
        shares (`np.ndarray`): [points], the weight of the second, from 0 to 1.
        losses (`np.ndarray`): [points], on the target.
        sd (`np.ndarray`): [points], of the error of the losses; 0 where the merge was scored.
        is_scored (`bool`): whether the merges between the ends were scored, not predicted.
    """

    units: tuple[str, str]
    shares: np.ndarray
    losses: np.ndarray
    sd: np.ndarray
    is_scored: bool

    @property
    def line(self) -> np.ndarray:
        """The straight line between the two ends: [points]."""
        return self.losses[0] + self.shares * (self.losses[-1] - self.losses[0])

    @property
    def excess(self) -> np.ndarray:
        """How far the losses are above that line: [points]."""
        return self.losses - self.line

    @property
    def highest(self) -> int:
        """The position of the largest excess between the ends."""
        return 1 + int(self.excess[1:-1].argmax())

    @property
    def height(self) -> float:
        """The largest excess between the ends; below zero where every merge is better than the line."""
        return float(self.excess[self.highest])

    @property
    def height_sd(self) -> float:
        """The standard deviation of its error."""
        return float(self.sd[self.highest])


def find_barrier(table: FeatureTable, units: tuple[str, str], target: np.ndarray) -> Barrier | None:
    """The barrier between two components: by the merges of exactly these two that were scored, else as predicted.

    Args:
        table ([`FeatureTable`]): of a study.
        units (`tuple[str, str]`): two different ones.
        target (`np.ndarray`): [domains], the weight of each domain.

    Returns:
        `Barrier | None`: `None` where no merges of the pool were scored, or a component has no scores.

    Raises:
        `InputError`: for an unknown unit.
    """
    evidence = table.evidence
    for unit in units:
        if unit not in evidence.units:
            raise unknown_name("unit", unit, list(evidence.units))
    places = [evidence.units.index(unit) for unit in units]
    surrogate = table.proxies.get(MERGE.kind)
    judged = np.flatnonzero(target)  # merges may lack scores on tasks that the target does not have
    if surrogate is None or not np.isfinite(evidence.components[np.ix_(places, judged)]).all():
        return None
    scored = evidence.proxies[MERGE.kind].on(judged).complete().weights
    between = scored[(scored[:, places] > 0).all(axis=1) & (scored[:, places].sum(axis=1) > 1 - 1e-9), places[1]]
    inner = np.unique(between) if len(between) else np.arange(1, _STEPS) / _STEPS
    shares = np.concatenate([[0.0], inner, [1.0]])
    weights = np.zeros((len(shares), len(evidence.units)))
    weights[:, places[0]], weights[:, places[1]] = 1 - shares, shares
    losses, sd = (values[:, judged] @ target[judged] for values in (surrogate.losses(weights), surrogate.sd(weights)))
    return Barrier(units, shares, losses, sd, len(between) > 0) if np.isfinite(losses).all() else None
