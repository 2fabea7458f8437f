"""`hf-ablate propose --for best`: the mixture with the lowest predicted loss, and how it compares with others."""

from typing import Any

import numpy as np

from ..mixtures.mixture import mixture_keys
from ..prediction.predictor import Joint, two_sided
from ..prediction.targets import DomainWeights
from .constraints import Constraints, total_variation
from .descent import Minimum
from .judge import Judge
from .objective import Objective


_MOST_COMPARED = 500  # scored mixtures, the best ones, that the proposed one is compared with


def propose_best(judge: Judge, constraints: Constraints) -> dict[str, Any]:
    """The best mixture, what is expected of it, and how it compares with others: values and tables of flat records.

    Args:
        judge ([`Judge`]): the study, the target and the search.
        constraints ([`Constraints`]): that the mixture meets.
    """
    minimum = judge.best(constraints)
    evidence = judge.study.evidence
    others = _others(judge, constraints, minimum)
    points = np.array([minimum.weights, *(weights for _, weights in others)])
    mixture = evidence.mixture_of(minimum.weights)
    return {
        **judge.asked,
        "confidence_bound": judge.search.confidence_bound,
        "starts": minimum.starts,
        "agreed": minimum.agreed,
        "tolerance": minimum.tolerance,
        "gap": minimum.gap,
        "all_sets": minimum.all_sets,
        "proposed": [
            {
                **mixture_keys("", mixture.weights),
                "number_of_units": len(mixture.units),
                "distance_to_scored": _distance(minimum.weights, judge.known),
                "distance_to_reference": _distance(minimum.weights, evidence.references.weights),
            }
        ],
        "expected": [_expected(judge, target, points[:2]) for target in _targets(judge)],
        "comparisons": _comparisons(judge, others, judge.study.predictor.joint(points, judge.target.weights)),
        "constraints": [{"constraint": text} for text in constraints.active(minimum.weights)],
    }


def _others(judge: Judge, constraints: Constraints, minimum: Minimum) -> list[tuple[str, np.ndarray]]:
    """What the proposed mixture is compared with: (role, weights); scored mixtures last, the best first."""
    uniform = np.full(len(constraints.units), 1 / len(constraints.units))
    others = [("uniform", uniform)]
    if constraints.prior is not None:
        others.append(("prior", constraints.prior.weights))
    others += [("local minimum", weights) for weights, _ in minimum.others]
    known = judge.known[constraints.are_met(judge.known, 1e-6)]
    known = known[total_variation(known, minimum.weights) > 1e-6]
    losses = Objective(judge.study.predictor, judge.target.weights).values(known) if len(known) else np.zeros(0)
    best = np.argsort(losses, kind="stable")[:_MOST_COMPARED]
    return others + [("scored", weights) for weights in known[best]]


def _comparisons(judge: Judge, others: list[tuple[str, np.ndarray]], joint: Joint) -> list[dict[str, Any]]:
    """The loss of the proposed mixture, the first of the joint losses, less that of each other one."""
    quantile, floor = two_sided(judge.search.confidence), judge.floor()
    records = []
    for row, (role, weights) in enumerate(others, start=1):
        difference, sd = joint.difference(0, row)
        records.append(
            {
                "role": role,
                **mixture_keys("", judge.study.evidence.mixture_of(weights).weights),
                "score": float(joint.mean[row]),
                "difference": difference,
                "difference_sd": sd,
                "low": difference - quantile * sd,
                "high": difference + quantile * sd,
                "told_apart": bool(abs(difference) > max(quantile * sd, floor)),
            }
        )
    return records


def _expected(judge: Judge, target: DomainWeights, points: np.ndarray) -> dict[str, Any]:
    """The expected loss of the first mixture on a target, and its difference from that of the second, the uniform."""
    joint = judge.study.predictor.joint(points, target.weights)
    quantile = two_sided(judge.search.confidence)
    difference, sd = joint.difference(0, 1)
    score, spread = float(joint.mean[0]), float(joint.sd[0])
    return {
        "target": target.name,
        "score": score,
        "sd": spread,
        "low": score - quantile * spread,
        "high": score + quantile * spread,
        "difference": difference,
        "difference_sd": sd,
    }


def _targets(judge: Judge) -> list[DomainWeights]:
    """The target, and each of the domains that it is made of where these are several."""
    evidence = judge.study.evidence
    domains = [name for name, weight in zip(evidence.domains, judge.target.weights, strict=True) if weight > 0]
    return [judge.target, *(evidence.target(name) for name in domains if len(domains) > 1)]


def _distance(weights: np.ndarray, others: np.ndarray) -> float | None:
    return float(total_variation(weights, others).min()) if len(others) else None
