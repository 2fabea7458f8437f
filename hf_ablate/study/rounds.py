"""`hf-ablate run --rounds`: fit, propose reference models, train them, fit again, until more would not help."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..durations import duration_text
from ..errors import InputError
from ..manifest import find_manifest
from ..mixtures.enumerate import read_mixtures
from ..mixtures.proposed import Round, read_rounds, write_rounds
from ..run_folder import RunFolder
from ..search.costs import Cost, recorded_cost, reference_costs, total_cost
from ..search.references import ProposedReference, ReferenceProposal, propose_references


_NEEDED = ("enumerate", "train", "evaluate", "rank")


@dataclass(frozen=True)
class RoundSettings:
    """How many rounds there are, and when they end early.

    Args:
        rounds (`int`): the most, those of earlier runs included.
        references (`int`): the most models that each trains.
        target (`str`, *optional*): what the decision is made on.
        until_regret (`float`, *optional*): the expected regret that is small enough; none: the noise of one training.
        max_flops (`float`, *optional*): of the reference models of all rounds.
        max_gpu_hours (`float`, *optional*): of the same.
    """

    rounds: int
    references: int
    target: str | None = None
    until_regret: float | None = None
    max_flops: float | None = None
    max_gpu_hours: float | None = None

    def is_within_budget(self, cost: Cost) -> bool:
        """Whether rounds may cost this much in all."""
        most_flops, most_hours = (math.inf if most is None else most for most in (self.max_flops, self.max_gpu_hours))
        return cost.flops <= most_flops and cost.hours <= most_hours


def check_rounds(settings: RoundSettings, stages: Mapping[str, Any]) -> None:
    """Refuse rounds of a study that lacks a stage which they need, or is not judged by what they train.

    Args:
        settings ([`RoundSettings`]): of the run.
        stages (`Mapping[str, Any]`): the arguments of every stage.

    Raises:
        `InputError`: names the stage.
    """
    missing = [stage for stage in _NEEDED if stage not in stages]
    if settings.rounds and missing:
        raise InputError(
            f"rounds need the stage {missing[0]!r}, which the study has no recipe for; add {missing[0]}.yaml"
        )
    if settings.rounds and stages["rank"].references_from is not None:
        raise InputError(
            "rounds train reference models of the study, and `references_from` judges by those of another run folder; "
            "leave out one of them"
        )


def run_rounds(
    settings: RoundSettings, stages: Mapping[str, Any], rerun: Callable[[], None], say: Callable[[str], None]
) -> dict[str, Any]:
    """Run the rounds that are left, once the study's stages have run.

    What a round trains is written before it is trained, and the stages train what is written and missing: a run that
    was interrupted resumes where it stopped, and ends as it would have.

    Args:
        settings ([`RoundSettings`]): of the run.
        stages (`Mapping[str, Any]`): the arguments of every stage.
        rerun (`Callable[[], None]`): runs the stages again.
        say (`Callable[[str], None]`): gets a line per round, those of earlier runs included, and why no more follow.

    Returns:
        `dict[str, Any]`: `rounds`, flat records, and `rounds_ended`, why no more follow.
    """
    run_dir = stages["rank"].run_dir
    rounds, records = read_rounds(run_dir), []

    def finish(done: Round, regret: float) -> None:
        records.append(_record(run_dir, done, regret))
        say(_text(records[-1], proposal.unit_of_measure))

    proposal = _propose(settings, stages)
    for earlier, later in pairwise(rounds):
        finish(earlier, later.regret)
    while True:
        if rounds:
            finish(rounds[-1], proposal.regret)
        batch = _affordable(settings, proposal.references, _spent(run_dir, rounds))
        if reason := _reason_to_stop(settings, rounds, proposal, batch):
            say(f"rounds: ended after {len(rounds)}, {reason}")
            return {"rounds": records, "rounds_ended": reason}
        mixtures = tuple(each.mixture for each in batch)
        rounds.append(Round(len(rounds) + 1, proposal.target, mixtures, proposal.regret, batch[-1].regret))
        write_rounds(run_dir, rounds)
        rerun()
        proposal = _propose(settings, stages)


def _propose(settings: RoundSettings, stages: Mapping[str, Any]) -> ReferenceProposal:
    """What the next round would train."""
    from ..prediction.fitted import fit_study

    rank = stages["rank"]
    study = fit_study(rank.run_dir, rank.scale, rank.predictor, rank.metric, rank.split)
    costs = reference_costs(rank.run_dir)
    if costs is not None:
        costs = replace(costs, per_model=costs.per_model.times(stages["enumerate"].reference_seeds))
    candidates = [candidate.mixture for candidate in read_mixtures(rank.run_dir)]
    target = study.evidence.target(settings.target)
    return propose_references(study, candidates, target, settings.references, costs)


def _reason_to_stop(
    settings: RoundSettings, rounds: Sequence[Round], proposal: ReferenceProposal, batch: Sequence[ProposedReference]
) -> str:
    """Why no other round follows; empty if one does."""
    enough = proposal.noise if settings.until_regret is None else settings.until_regret
    what = "the noise of one training" if settings.until_regret is None else "until_regret"
    if len(rounds) >= settings.rounds:
        return "as many as were asked for"
    if proposal.regret < enough:
        return f"because the expected regret, {proposal.regret:.4f}, is below {what}, {enough:.4f}"
    asked = {mixture.id for each in rounds for mixture in each.mixtures}
    if any(each.mixture.id in asked for each in proposal.references):
        return "because the stages left reference models of earlier rounds untrained or without scores on every domain"
    if not proposal.references:
        return "because no other reference model would improve the decision"
    if not batch:
        return "because the next reference model does not fit the budget that is left"
    return ""


def _affordable(
    settings: RoundSettings, proposed: Sequence[ProposedReference], spent: Cost
) -> list[ProposedReference]:
    """As many of the proposed models, in their order, as the budget allows."""
    batch: list[ProposedReference] = []
    for each in proposed:
        spent = total_cost([spent, each.cost]) if each.cost else spent
        if not settings.is_within_budget(spent):
            break
        batch.append(each)
    return batch


def _spent(run_dir: Path, rounds: Sequence[Round]) -> Cost:
    """What the reference models of rounds took."""
    mixtures = {mixture.id for each in rounds for mixture in each.mixtures}
    models = [
        model for each in read_mixtures(run_dir) if each.mixture.id in mixtures for model in each.reference_models
    ]
    manifests = [find_manifest(RunFolder(run_dir).model(model)) for model in models]
    return total_cost(recorded_cost(manifest) for manifest in manifests if manifest and "seconds" in manifest)


def _record(run_dir: Path, done: Round, regret: float) -> dict[str, Any]:
    cost = _spent(run_dir, [done])
    return {
        "round": done.number,
        "target": done.target,
        "references": len(done.mixtures),
        "names": "; ".join(mixture.name for mixture in done.mixtures),
        "regret_now": done.regret,
        "regret_expected": done.regret_expected,
        "regret_after": regret,
        "flops": cost.flops,
        "hours": cost.hours,
    }


def _text(record: Mapping[str, Any], measure: str) -> str:
    """A round in a line."""
    count = record["references"]
    return (
        f"round {record['round']}: {count} reference model{'s' * (count != 1)} ({record['flops']:.3g} FLOPs, "
        f"{duration_text(3600 * record['hours'])}); the expected regret goes from {record['regret_now']:.4f} to "
        f"{record['regret_after']:.4f} {measure}"
    )
