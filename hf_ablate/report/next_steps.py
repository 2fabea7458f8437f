"""What the report says beyond the ranking: what to run next, and what each unit does to the answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ablation.arguments import EffectsArguments
from ..ablation.content import effects_content
from ..ablation.estimates import Estimate, estimate, noise_floor
from ..ablation.question import find_question
from ..ablation.written import read_effects
from ..manifest import has_manifest
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import ENSEMBLE
from ..mixtures.ranked import Ranking
from ..prediction.choice import COVERAGE
from ..prediction.fitted import FittedStudy
from ..prediction.targets import DomainWeights
from ..ranking.arguments import RankSettings
from ..ranking.tables import score_text
from ..run_folder import RunFolder
from ..search.arguments import ProposeArguments
from ..search.best import propose_best
from ..search.costs import reference_costs
from ..search.judge import Judge
from ..search.read_constraints import read_constraints
from ..search.references import ReferenceProposal, propose_references
from ..search.tables import best_sentences
from .arguments import MOST_UNITS


_COUNT = 4  # references that are proposed
_STARTS = 4  # of the search for the best mixture
_MOST_DROPS = 20  # that are said in sentences


@dataclass(frozen=True)
class NextSteps:
    """What to run next, and what the answer depends on.

    Args:
        proposal ([`ReferenceProposal`]): the reference models that would make the decision surer.
        best (`dict`, *optional*): the best mixture of all, listed or not, as [`propose_best`] gives.
        effects (`dict`, *optional*): of changes to the best mixture, as [`read_effects`] gives; `None` for one unit.
        gain ([`Estimate`], *optional*): the loss of the first mixture less that of equal shares of all units; `None`
            where these are the first, and for one unit.
    """

    proposal: ReferenceProposal
    best: dict[str, Any] | None
    effects: dict[str, Any] | None
    gain: Estimate | None = None

    @property
    def sentence(self) -> str:
        """What to run next, in a sentence."""
        proposal = self.proposal
        if not proposal.references:
            return "No reference model of any candidate is expected to change this decision."
        count = len(proposal.references)
        return (
            f"To be surer, train {count} reference model{'s' * (count > 1)}: the regret that must be expected falls "
            f"from {score_text(proposal.regret)} to {score_text(proposal.regret_after)} {proposal.unit_of_measure}."
        )

    @property
    def search(self) -> list[str]:
        """How the best mixture of all compares with those that were scored, and how it was found, in sentences."""
        return [] if self.best is None else best_sentences(self.best)

    @property
    def drops(self) -> list[str]:
        """What dropping a unit does, in sentences, the most harmful first."""
        if self.effects is None:
            return []
        on_target = {
            row["part"]: row["effect"]
            for row in self.effects["effects"]
            if row["change"] == "drop" and row["target"] == self.effects["target"]
        }
        sentences = {row["part"]: row["sentence"] for row in self.effects["changes"] if row["change"] == "drop"}
        return [sentences[part] for part in sorted(sentences, key=lambda part: -on_target[part])][:_MOST_DROPS]


def find_next_steps(run_dir: Path, ranking: Ranking, fitted: FittedStudy) -> NextSteps:
    """Propose references among the ranked mixtures, and find the effects of changes to the best.

    Args:
        run_dir (`Path`): of the study.
        ranking ([`Ranking`]): of it.
        fitted ([`FittedStudy`]): the predictor that it comes from.
    """
    settings = RankSettings.of_ranking(run_dir)
    target = fitted.evidence.target()
    costs = reference_costs(settings.references_folder(run_dir) or run_dir)
    proposal = propose_references(fitted, ranking.candidates, target, _COUNT, costs)
    units = len(fitted.evidence.units)
    if units < 2:
        return NextSteps(proposal, None, None)
    # By averaged probabilities the search needs the models, and a page must not.
    best = _best(run_dir, fitted, target) if units <= MOST_UNITS and fitted.name != ENSEMBLE.kind else None
    gain = _gain(fitted, ranking.best, target)
    if has_manifest(RunFolder(run_dir).effects):
        return NextSteps(proposal, best, read_effects(run_dir), gain)
    asked = EffectsArguments(run_dir=run_dir).settings
    question = find_question(run_dir, fitted.evidence, asked)
    return NextSteps(proposal, best, effects_content(fitted, question, asked, in_depth=units <= MOST_UNITS), gain)


def _gain(fitted: FittedStudy, first: Mixture, target: DomainWeights) -> Estimate | None:
    uniform = Mixture.uniform(list(fitted.evidence.units))
    if first == uniform:
        return None
    joint = fitted.predictor.joint(fitted.evidence.weights_of([first, uniform]), target.weights)
    return estimate(*joint.difference(0, 1), noise_floor(joint.noise, COVERAGE), COVERAGE)


def _best(run_dir: Path, fitted: FittedStudy, target: DomainWeights) -> dict[str, Any]:
    asked = ProposeArguments(run_dir=run_dir, starts=_STARTS)
    return propose_best(Judge(fitted, target, asked.search), read_constraints(asked, fitted.evidence.units))
