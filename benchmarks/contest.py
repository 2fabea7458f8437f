"""Ways to choose a mixture from runs, for benchmarks/arena.py: each is given some runs and names a mixture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.fitted import FittedStudy, fit_evidence
from hf_ablate.prediction.laws.trees import fit_trees
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.other_scale import OtherScale
from hf_ablate.prediction.out_of_fold import Fitted
from hf_ablate.prediction.targets import domain_weights
from hf_ablate.search.references import propose_references


@dataclass(frozen=True)
class Contest:
    """A study all of whose mixtures were really trained; the target is the mean of domains.

    Args:
        evidence (`Evidence`): every run a reference model; the choice is among their mixtures.
        other_scale (`OtherScale`, *optional*): what cheaper runs say.
    """

    evidence: Evidence
    other_scale: OtherScale | None = None

    @property
    def runs(self) -> Observations:
        return self.evidence.references

    def regret(self, chosen: int) -> float:
        """What the model of a mixture loses against the best of all models."""
        measured = self.runs.losses.mean(axis=1)
        return float(measured[chosen] - measured.min())

    def random_search(self, rows: np.ndarray) -> int:
        """The best of the runs."""
        return int(rows[self.runs.losses[rows].mean(axis=1).argmin()])

    def by_law(self, rows: np.ndarray, fit: Callable[[Observations], Fitted]) -> int:
        """The mixture that a law expects to be best, fitted on the runs."""
        return lowest(fit(self.runs.only(rows)).losses(self.runs.weights))

    def by_swarm(self, rows: np.ndarray) -> int:
        """RegMix's way: LightGBM on the runs."""
        return lowest(fit_trees(on_target(self.runs.only(rows))).losses(self.runs.weights))

    def fitted(self, rows: np.ndarray) -> FittedStudy:
        return fit_evidence(self.evidence.with_references(rows), other_scale=self.other_scale)

    def by_tool(self, rows: np.ndarray) -> int:
        """The mixture that the predictor expects to be best that cross-validation on the runs chooses."""
        return lowest(self.fitted(rows).predictor.predict(self.runs.weights).mean)

    def closed_loop(self, draw: np.ndarray, budgets: Sequence[int]) -> list[int]:
        """The same at every budget, where all runs after those of the first budget are those that were proposed."""
        mixtures = [self.evidence.mixture_of(weights) for weights in self.runs.weights]
        row_of = {mixture.id: row for row, mixture in enumerate(mixtures)}
        target = domain_weights(None, self.evidence.domains)
        rows = list(draw[: budgets[0]])
        studies = [self.fitted(np.array(rows))]
        for budget in budgets[1:]:
            proposal = propose_references(studies[-1], mixtures, target, budget - len(rows))
            rows += [row_of[reference.mixture.id] for reference in proposal.references]
            studies.append(self.fitted(np.array(rows)))
        return [lowest(study.predictor.predict(self.runs.weights).mean) for study in studies]


def lowest(losses: np.ndarray) -> int:
    """The mixture of the lowest mean over domains."""
    return int(losses.mean(axis=1).argmin())


def on_target(runs: Observations) -> Observations:
    """The same runs with the mean of domains as the only loss."""
    return Observations(runs.ids, runs.weights, runs.losses.mean(axis=1, keepdims=True))
