"""What the report says beyond the ranking: what to run next, and what each unit does to the answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ablation.arguments import EffectsArguments
from ..ablation.content import effects_content
from ..ablation.question import find_question
from ..ablation.written import read_effects
from ..manifest import has_manifest, read_manifest
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import ENSEMBLE
from ..mixtures.ranked import Ranking
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


_COUNT = 4  # references that are proposed
_STARTS = 4  # of the search for the best mixture
# With more units, search and effects take longer than a page should: `hf-ablate propose` searches, and `hf-ablate
# effects` writes what the page then shows. By averaged probabilities the search needs the models, and a page must not.
_MOST_UNITS = 12


@dataclass(frozen=True)
class NextSteps:
    """What to run next, and what the answer depends on.

    Args:
        proposal ([`ReferenceProposal`]): the reference models that would make the decision surer.
        best (`dict`, *optional*): the best mixture of all, listed or not, as [`propose_best`] gives.
        effects (`dict`, *optional*): of changes to the best mixture, as [`read_effects`] gives.
    """

    proposal: ReferenceProposal
    best: dict[str, Any] | None
    effects: dict[str, Any] | None

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
        """What dropping each unit does, in sentences, the most harmful first."""
        if self.effects is None:
            return []
        on_target = {
            row["part"]: row["effect"]
            for row in self.effects["effects"]
            if row["change"] == "drop" and row["target"] == self.effects["target"]
        }
        sentences = {row["part"]: row["sentence"] for row in self.effects["changes"] if row["change"] == "drop"}
        return [sentences[part] for part in sorted(sentences, key=lambda part: -on_target[part])]


def find_next_steps(run_dir: Path, ranking: Ranking, fitted: FittedStudy) -> NextSteps:
    """Propose references among the ranked mixtures, and find the effects of changes to the best.

    Args:
        run_dir (`Path`): of the study.
        ranking ([`Ranking`]): of it.
        fitted ([`FittedStudy`]): the predictor that it comes from.
    """
    settings = RankSettings(**read_manifest(RunFolder(run_dir).ranking)["arguments"])
    other = settings.references_folder(run_dir)
    mixtures = [Mixture.of(row["mixture"]) for row in ranking.mixtures.values()]
    target = fitted.evidence.target()
    proposal = propose_references(fitted, mixtures, target, _COUNT, reference_costs(other or run_dir))
    is_small = 2 <= len(fitted.evidence.units) <= _MOST_UNITS
    best = _best(run_dir, fitted, target) if is_small and fitted.name != ENSEMBLE.kind else None
    if has_manifest(RunFolder(run_dir).effects):
        return NextSteps(proposal, best, read_effects(run_dir))
    if not is_small:
        return NextSteps(proposal, best, None)
    asked = EffectsArguments(run_dir=run_dir).settings
    effects = effects_content(fitted, find_question(run_dir, fitted.evidence, asked), asked)
    return NextSteps(proposal, best, effects)


def _best(run_dir: Path, fitted: FittedStudy, target: DomainWeights) -> dict[str, Any]:
    asked = ProposeArguments(run_dir=run_dir, starts=_STARTS)
    return propose_best(Judge(fitted, target, asked), read_constraints(asked, fitted.evidence.units))
