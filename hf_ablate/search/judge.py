"""What mixtures are judged by: the predictor of a study on a target, and the way to its lowest mixture."""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import InputError
from ..manifest import has_manifest
from ..mixtures.probes import are_single_units, read_probes
from ..mixtures.proxies import ENSEMBLE
from ..prediction.fitted import FittedStudy
from ..prediction.targets import DomainWeights
from ..run_folder import RunFolder
from .arguments import SearchSettings
from .constraints import Constraints
from .descent import Minimum
from .exact import ComponentProbabilities, component_probabilities, lowest_exactly
from .find import find_best
from .objective import Objective


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judge:
    """A study, the target that its mixtures are judged on, and how the search for the best goes.

    Args:
        study ([`FittedStudy`]): evidence and predictor.
        target ([`DomainWeights`]): what mixtures are judged on.
        search ([`SearchSettings`]): of the best mixture.
    """

    study: FittedStudy
    target: DomainWeights
    search: SearchSettings

    @cached_property
    def known(self) -> np.ndarray:
        """The mixtures that were scored, [mixtures, units]."""
        return self.study.evidence.known_mixtures

    @property
    def objective(self) -> Objective:
        """What is made small."""
        return Objective(self.study.predictor, self.target.weights, self.search.confidence_bound)

    def best(self, constraints: Constraints, starts: int | None = None, near: np.ndarray | None = None) -> Minimum:
        """The lowest mixture: exactly by averaged probabilities of components that are there, otherwise by search.

        Args:
            constraints ([`Constraints`]): that it meets.
            starts (`int`, *optional*): from how many mixtures the search starts; default: as the settings say.
            near (`np.ndarray`, *optional*): [units], another mixture that it starts from.
        """
        if self.probabilities is not None:
            return lowest_exactly(self.probabilities, constraints)
        starts = starts or self.search.starts
        known = self.known if near is None else np.concatenate([self.known, near[None]])
        return find_best(self.objective, constraints, known, starts, self.search.random_seed)

    def floor(self) -> float:
        """What losses on the target must differ by to be a difference between mixtures, not luck; 0 if not known."""
        return self.study.noise_floor(self.target.weights, self.search.confidence) or 0.0

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked and who answers, as values that every proposal of mixtures begins with."""
        return {
            "predictor": self.study.name,
            "label": self.study.label,
            "target": self.target.name,
            "unit_of_measure": self.study.evidence.unit_of(self.target.weights),
            "scale": self.study.evidence.scale,
            "confidence": self.search.confidence,
            "noise_floor": self.floor(),
        }

    @cached_property
    def probabilities(self) -> ComponentProbabilities | None:
        """The components' probabilities, where the loss is that of their average, and so convex in the weights."""
        if self.study.name != ENSEMBLE.kind or self.search.confidence_bound is not None:
            return None
        if self.target.weights[self.study.evidence.is_task].any():
            return None  # tasks have no averaged probabilities
        folder = RunFolder(self.search.run_dir)
        units = self.study.evidence.units
        if not has_manifest(folder.corpus) or not all(has_manifest(folder.component(unit)) for unit in units):
            return None
        if not are_single_units(read_probes(self.search.run_dir)):
            return None  # the coefficients of a proxy are not a linear function of the weights then
        weights = self.target.weights * self.calibration
        if weights.min() < 0 or not weights.any():
            return None
        try:
            texts = slice(self.study.evidence.number_of_texts)
            domains = self.study.evidence.domains[texts]
            return component_probabilities(self.search.run_dir, units, domains, weights[texts])
        except (InputError, OSError) as error:  # weights or text that were not kept
            logger.warning("averaged probabilities are searched, not solved exactly: %s", error)
            return None

    @property
    def calibration(self) -> np.ndarray:
        """How much the predicted loss rises with that of the averaged probabilities, in a straight line: [domains].

        What reference models show of single mixtures beyond that line is left out: it is not convex.
        """
        if self.study.choice is None:
            return np.ones(len(self.target.weights))
        own = self.study.table.at((ENSEMBLE.kind,), self.known)
        lines = self.study.choice.stack.expected_losses(own)
        slopes = np.ones(len(self.target.weights))
        for domain in range(self.study.evidence.number_of_texts):
            slopes[domain] = np.polyfit(own.values[:, domain, 0], lines[:, domain], 1)[0]
        return slopes
