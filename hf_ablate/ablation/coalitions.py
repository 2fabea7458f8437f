"""The game that Shapley values are of: parts of a mixture as players, and what a set of them is worth.

A set of parts is worth minus the loss of the mixture restricted to them, weights in the same proportions. All
mixtures take the same number of tokens, so the empty set is not the seed model, which has seen none: against it every
part would be credited with training as such. It is the average part alone: the mean over the parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..mixtures.mixture import Mixture
from ..prediction.fitted import FittedStudy
from ..prediction.predictor import Joint
from .parts import Part


@dataclass(frozen=True)
class Coalitions:
    """Sets of parts, and what each is worth, as random variables.

    Args:
        members (`np.ndarray`): bool [sets, parts]; the empty set is the first, each part alone is among them.
        joint ([`Joint`]): of the losses of all sets but the first.
    """

    members: np.ndarray
    joint: Joint

    @property
    def values(self) -> np.ndarray:
        """What each set is worth: [sets]."""
        return np.concatenate([[-self.joint.mean[self._alone].mean()], -self.joint.mean])

    def combined(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Linear combinations of what sets are worth.

        Args:
            coefficients (`np.ndarray`): [combinations, sets].

        Returns:
            `tuple[np.ndarray, np.ndarray]`: [combinations] each: their values, and standard deviations c' K c of the
                errors.
        """
        of_losses = self._to_losses(coefficients)
        variances = np.einsum("cs,cs->c", of_losses @ self.joint.covariance, of_losses)
        return of_losses @ -self.joint.mean, np.sqrt(np.maximum(variances, 0))

    def _to_losses(self, coefficients: np.ndarray) -> np.ndarray:
        """Coefficients of all sets but the empty one, whose own are shared out among the parts alone."""
        return coefficients[:, 1:] + np.outer(coefficients[:, 0], self._alone / self._alone.sum())

    @property
    def _alone(self) -> np.ndarray:
        """Which losses are of a part alone: bool [sets - 1]."""
        return self.members[1:].sum(axis=1) == 1


def coalitions_of(
    fitted: FittedStudy, base: Mixture, players: Sequence[Part], members: np.ndarray, target: np.ndarray
) -> Coalitions:
    """What sets of parts of a mixture are worth.

    Args:
        fitted ([`FittedStudy`]): whose predictor answers.
        base ([`Mixture`]): whose parts play.
        players (`Sequence[Part]`): with a weight in it; no two share a unit.
        members (`np.ndarray`): bool [sets, players]; the empty set is the first, each player alone is among them.
        target (`np.ndarray`): [domains], the weight of each domain.
    """
    mixtures = []
    for row in members[1:]:
        units = {unit for player, is_in in zip(players, row, strict=True) if is_in for unit in player.units}
        mixtures.append(Mixture.of({unit: weight for unit, weight in base.items if unit in units}))
    return Coalitions(members, fitted.predictor.joint(fitted.evidence.weights_of(mixtures), target))
