"""`hf-ablate propose --for reference`: which models to train next, and what they are expected to gain."""

from typing import Any

from ..errors import InputError
from ..mixtures.methods import dirichlet
from ..prediction.read_evidence import candidate_mixtures
from .constraints import Constraints
from .costs import reference_costs
from .judge import Judge
from .power import power_of
from .references import ReferenceProposal, propose_references, untrained


def propose_next_references(judge: Judge, constraints: Constraints, count: int, samples: int) -> dict[str, Any]:
    """The reference models to train next: values and tables of flat records.

    Args:
        judge ([`Judge`]): the study, the target and the search.
        constraints ([`Constraints`]): that the mixture which will be chosen has to meet.
        count (`int`): of models, at most.
        samples (`int`): mixtures that are drawn beside the candidates.

    Raises:
        `InputError`: if no candidate meets the constraints, or all that do have a reference model.
    """
    study, search = judge.study, judge.search
    candidates = candidate_mixtures(search.run_dir, study.evidence)
    candidates += dirichlet(list(study.evidence.units), samples, 1.0, search.random_seed)
    are_met = constraints.are_met(study.evidence.weights_of(candidates), 1e-6)
    candidates = [mixture for mixture, is_met in zip(candidates, are_met, strict=True) if is_met]
    if not candidates:
        raise InputError(
            f"none of the {len(are_met)} candidate mixtures meets the constraints; draw others with --samples 1000"
        )
    if not untrained(study.evidence.references.weights, study.evidence.weights_of(candidates)):
        raise InputError(
            f"of the {len(candidates)} candidate mixtures, all that have two units or more have a reference model; "
            "draw others with --samples 100"
        )
    costs = reference_costs(search.run_dir)
    proposal = propose_references(study, candidates, judge.target, count, costs)
    return {
        "predictor": study.name,
        "label": study.label,
        "target": proposal.target,
        "unit_of_measure": proposal.unit_of_measure,
        "scale": study.evidence.scale,
        "references": len(set(study.evidence.references.ids)),
        "candidates": len({mixture.id for mixture in candidates}),
        "regret_now": proposal.regret,
        "noise_sd": proposal.noise,
        "proposed": proposed_records(proposal),
        "power": power_of(study, candidates, judge.target).records(),
    }


def proposed_records(proposal: ReferenceProposal) -> list[dict[str, Any]]:
    """A flat record per model to train, in the order of their choice; costs are null where none is recorded.

    Args:
        proposal ([`ReferenceProposal`]): the models.
    """
    records = []
    for each in proposal.references:
        hours = each.cost.hours if each.cost else None
        records.append(
            {
                "name": each.mixture.name,
                "mixture_id": each.mixture.id,
                "mixture": each.mixture.weights,
                "number_of_units": len(each.mixture.units),
                "explores": each.explores,
                "score": each.loss,
                "sd": each.sd,
                "regret_saved": each.gain,
                "regret_after": each.regret,
                "tokens": each.cost and round(each.cost.tokens),
                "flops": each.cost and each.cost.flops,
                "hours": hours,
                "regret_saved_per_hour": each.gain / hours if hours else None,
            }
        )
    return records
