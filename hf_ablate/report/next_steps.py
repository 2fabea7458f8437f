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
from ..mixtures.ranked import Ranking
from ..prediction.fitted import fit_study
from ..prediction.targets import domain_weights
from ..ranking.tables import score_text
from ..run_folder import RunFolder
from ..search.costs import reference_costs
from ..search.references import ReferenceProposal, propose_references


_COUNT = 4  # references that are proposed
_MOST_UNITS = 12  # whose effects are computed for the page; of more, `hf-ablate effects` writes what the page shows


@dataclass(frozen=True)
class NextSteps:
    """What to run next, and what the answer depends on.

    Args:
        proposal ([`ReferenceProposal`]): the reference models that would make the decision surer.
        effects (`dict`, *optional*): of changes to the best mixture, as [`read_effects`] gives.
    """

    proposal: ReferenceProposal
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


def find_next_steps(run_dir: Path, ranking: Ranking) -> NextSteps:
    """Propose references among the ranked mixtures, and find the effects of changes to the best.

    Args:
        run_dir (`Path`): of the study.
        ranking ([`Ranking`]): of it.
    """
    settings = read_manifest(RunFolder(run_dir).ranking)["arguments"]
    fitted = fit_study(run_dir, settings["scale"], settings["predictor"], settings["metric"], settings["split"])
    mixtures = [Mixture.of(row["mixture"]) for row in ranking.mixtures.values()]
    target = domain_weights(None, fitted.evidence.domains)
    proposal = propose_references(fitted, mixtures, target, _COUNT, reference_costs(run_dir))
    if has_manifest(RunFolder(run_dir).effects):
        return NextSteps(proposal, read_effects(run_dir))
    if not 2 <= len(fitted.evidence.units) <= _MOST_UNITS:
        return NextSteps(proposal, None)
    asked = EffectsArguments(run_dir=run_dir).settings
    return NextSteps(proposal, effects_content(fitted, find_question(run_dir, fitted.evidence, asked), asked))
