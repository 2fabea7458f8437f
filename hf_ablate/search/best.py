"""`hf-ablate propose --for best`: the mixture with the lowest predicted loss, and how it compares with others."""

from typing import Any

import numpy as np

from ..mixtures.mixture import Mixture
from ..prediction.evidence import Evidence
from ..prediction.fitted import FittedStudy
from ..prediction.targets import DomainWeights, domain_weights
from .arguments import ProposeArguments
from .constraints import Constraints, total_variation
from .descent import Minimum
from .find import find_best
from .objective import Objective


_MOST_COMPARED = 500  # scored mixtures, the best ones, that the proposed one is compared with


def propose_best(
    study: FittedStudy, constraints: Constraints, target: DomainWeights, arguments: ProposeArguments
) -> dict[str, Any]:
    """The best mixture, what is expected of it, and how it compares with others: tables of flat records.

    Args:
        study ([`FittedStudy`]): evidence and the predictor that answers.
        constraints ([`Constraints`]): that the mixture meets.
        target ([`DomainWeights`]): what it is judged on.
        arguments ([`ProposeArguments`]): how to search, and with which confidence to compare.
    """
    evidence = study.evidence
    known = scored_mixtures(evidence)
    objective = Objective(study.predictor, target.weights, arguments.confidence_bound)
    minimum = find_best(objective, constraints, known, arguments.starts, arguments.random_seed)
    return _content(study, constraints, target, arguments, minimum)


def scored_mixtures(evidence: Evidence) -> np.ndarray:
    """The mixtures of which a model or proxy was scored.

    Returns:
        `np.ndarray`: [mixtures, units], each once.
    """
    weights = [evidence.references.weights, *(proxy.weights for proxy in evidence.proxies.values())]
    return np.unique(np.concatenate(weights).round(12), axis=0)


def _content(
    study: FittedStudy, constraints: Constraints, target: DomainWeights, arguments: ProposeArguments, minimum: Minimum
) -> dict[str, Any]:
    evidence, weights = study.evidence, minimum.weights
    others = _others(study, constraints, target, minimum)
    points = np.array([weights, *(other for _, other in others)])
    quantile = _two_sided(arguments.confidence)
    mixture = evidence.mixture_of(weights)
    return {
        "predictor": study.name,
        "target": target.name,
        "unit_of_measure": evidence.unit_of_measure,
        "scale": evidence.scale,
        "confidence": arguments.confidence,
        "confidence_bound": arguments.confidence_bound,
        "starts": minimum.starts,
        "agreed": minimum.agreed,
        "tolerance": minimum.tolerance,
        "gap": minimum.gap,
        "proposed": [
            {
                **_named(mixture),
                "number_of_units": len(mixture.units),
                "distance_to_scored": _distance(weights, scored_mixtures(evidence)),
                "distance_to_reference": _distance(weights, evidence.references.weights),
            }
        ],
        "expected": [_expected(study, one, points[:2], quantile) for one in _targets(evidence, target)],
        "comparisons": _comparisons(study, target, others, points, quantile),
        "constraints": [{"constraint": text} for text in constraints.active(weights)],
    }


def _others(
    study: FittedStudy, constraints: Constraints, target: DomainWeights, minimum: Minimum
) -> list[tuple[str, np.ndarray]]:
    """What the proposed mixture is compared with: (role, weights), scored mixtures last, the best ones first."""
    uniform = np.full(len(constraints.units), 1 / len(constraints.units))
    others = [("uniform", uniform)]
    if constraints.prior is not None:
        others.append(("prior", constraints.prior.weights))
    others += [("local minimum", weights) for weights, _ in minimum.others]
    known = scored_mixtures(study.evidence)
    known = known[constraints.are_met(known, 1e-6)]
    losses = Objective(study.predictor, target.weights).values(known) if len(known) else np.zeros(0)
    best = np.argsort(losses, kind="stable")[:_MOST_COMPARED]
    return others + [("scored", weights) for weights in known[best]]


def _comparisons(
    study: FittedStudy,
    target: DomainWeights,
    others: list[tuple[str, np.ndarray]],
    points: np.ndarray,
    quantile: float,
) -> list[dict[str, Any]]:
    """The loss of the proposed mixture less that of each other one."""
    joint = study.predictor.joint(points, target.weights)
    records = []
    for row, (role, weights) in enumerate(others, start=1):
        difference, sd = joint.difference(0, row)
        records.append(
            {
                "role": role,
                **_named(study.evidence.mixture_of(weights)),
                "score": float(joint.mean[row]),
                "difference": difference,
                "sd": sd,
                "low": difference - quantile * sd,
                "high": difference + quantile * sd,
                "tied": bool(abs(difference) <= quantile * sd),
            }
        )
    return records


def _expected(study: FittedStudy, target: DomainWeights, points: np.ndarray, quantile: float) -> dict[str, Any]:
    """The expected loss on a target, and what it is less than that of the uniform mixture."""
    joint = study.predictor.joint(points, target.weights)
    difference, sd = joint.difference(0, 1)
    score, spread = float(joint.mean[0]), float(joint.sd[0])
    return {
        "target": target.name,
        "score": score,
        "sd": spread,
        "low": score - quantile * spread,
        "high": score + quantile * spread,
        "less_uniform": difference,
        "less_uniform_sd": sd,
    }


def _targets(evidence: Evidence, target: DomainWeights) -> list[DomainWeights]:
    """The target, and each of the domains that it is made of where these are several."""
    domains = [domain for domain, weight in zip(evidence.domains, target.weights, strict=True) if weight > 0]
    return [target, *(domain_weights(domain, evidence.domains) for domain in domains if len(domains) > 1)]


def _named(mixture: Mixture) -> dict[str, Any]:
    return {"name": mixture.name, "mixture_id": mixture.id, "mixture": mixture.weights}


def _distance(weights: np.ndarray, others: np.ndarray) -> float | None:
    return float(total_variation(weights, others).min()) if len(others) else None


def _two_sided(confidence: float) -> float:
    """How many standard deviations an interval of a normal distribution reaches to each side."""
    from scipy.stats import norm

    return float(norm.ppf((1 + confidence) / 2))
