"""`hf-ablate propose --for best`: the mixture with the lowest predicted loss, and how it compares with others."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..mixtures.mixture import Mixture
from ..prediction.fitted import FittedStudy
from ..prediction.predictor import Joint
from ..prediction.targets import DomainWeights
from .arguments import ProposeArguments
from .constraints import Constraints, total_variation
from .descent import Minimum
from .exact import component_probabilities, find_best_exactly
from .find import find_best
from .objective import Objective


_MOST_COMPARED = 1000  # known mixtures whose errors' covariance with the proposed one is computed


@dataclass(frozen=True)
class Comparison:
    """The proposed mixture beside another.

    Args:
        role (`str`): what the other is: `uniform`, `prior`, `scored` (a model or proxy of it was scored) or
            `local minimum`.
        weights (`np.ndarray`): [units], of the other.
        difference (`float`): the loss of the proposed mixture less that of the other.
        sd (`float`): of the error of the difference.
        is_tied (`bool`): whether the two cannot be told apart.
    """

    role: str
    weights: np.ndarray
    difference: float
    sd: float
    is_tied: bool


@dataclass(frozen=True)
class Proposal:
    """The best mixture, what is expected of it, and how it compares.

    Args:
        weights (`np.ndarray`): [units].
        minimum ([`Minimum`]): how it was found.
        targets (`list[DomainWeights]`): the target, then the domains that it is made of, where these are several.
        joints (`list[Joint]`): for each target, of the proposed mixture, the uniform one and the best scored one.
        comparisons (`list[Comparison]`): with others on the target.
        distances (`dict[str, tuple[float, str | None]]`): `scored` and `reference` → total variation to the nearest
            mixture with a score, and with a reference model, and its id.
        active (`list[str]`): constraints that it just meets.
    """

    weights: np.ndarray
    minimum: Minimum
    targets: list[DomainWeights]
    joints: list[Joint]
    comparisons: list[Comparison]
    distances: dict[str, tuple[float, str | None]]
    active: list[str]
