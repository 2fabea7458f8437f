"""What `ranking.json` holds: the mixtures in the order of the predictor that answers, and of each proxy."""

from typing import Any

import numpy as np

from ..mixtures.mixture import Mixture
from ..prediction.candidates import find_candidate
from ..prediction.fitted import FittedStudy
from .arguments import RankSettings
from .targets import DOMAIN, TASK, Target
from .ties import tied_with_best


def make_ranking(
    fitted: FittedStudy, mixtures: list[Mixture], targets: list[Target], settings: RankSettings, header: dict[str, Any]
) -> dict[str, Any]:
    """The mixtures in order, for every target.

    Args:
        fitted ([`FittedStudy`]): the study's evidence and predictor.
        mixtures (`list[Mixture]`): that are ranked.
        targets (`list[Target]`): that they are ranked on.
        settings ([`RankSettings`]): of the ranking.
        header (`dict[str, Any]`): the values that `ranking.json` and `agreement.json` share.

    Returns:
        `dict`: what [`Ranking`] reads; docs/json.md explains every key. In `ranking`, equal scores share a rank, and
        scores of a proxy that was not scored for every mixture are predicted for the others from those that there are.
    """
    weights = fitted.evidence.weights_of(mixtures)
    expected, shares = fitted.predictor.expected(weights), np.array([target.weights for target in targets])
    means = np.array([expected @ share for share in shares])
    floors = [fitted.noise_floor(share, settings.confidence) for share in shares]
    known = np.array([floor or 0.0 for floor in floors])
    certain = tied_with_best(fitted.predictor, weights, means, shares, settings.confidence, known)
    # Of all mixtures: as a proxy was scored, and as its scores predict it for the others.
    scored = {kind: proxy.losses(weights) for kind, proxy in fitted.table.scored_proxies.items()}
    own = scored.pop(fitted.name, np.full_like(expected, np.nan))  # where a proxy answers
    ranked_by = [(fitted.name, fitted.label, fitted.description)]
    ranked_by += [(kind, find_candidate(kind).label, find_candidate(kind).description) for kind in scored]
    return {
        **header,
        "answered_by": fitted.name,
        "reason": reason(fitted),
        "ranked_by": [
            {"predictor": name, "label": label, "description": text, "scored": _count_scored(fitted, weights, name)}
            for name, label, text in ranked_by
        ],
        "mixtures": [
            {
                "mixture_id": mixture.id, "name": mixture.name, "mixture": mixture.weights,
                "number_of_units": len(mixture.units),
            }
            for mixture in mixtures
        ],
        "targets": [
            {
                **target.key, "noise_floor": floor, "unit_of_measure": fitted.evidence.unit_of(target.weights),
                "mixed_units": fitted.evidence.mixed_units(target.weights),
            }
            for target, floor in zip(targets, floors, strict=True)
        ],
        "members": [record for target in targets for record in _members(fitted, target)],
        "confidence": settings.confidence,
        "noise_source": None if fitted.noise is None else fitted.noise.source,
        "models": [record for target in targets for record in _models(fitted, target)],
        "ranking": [
            record
            for target, mean, sd, tied in zip(targets, means, *certain, strict=True)
            for records in (
                _records(fitted, mixtures, target, fitted.name, mean, _certainty(sd, tied, target.of(own))),
                *(_scored(fitted, mixtures, target, kind, losses) for kind, losses in scored.items()),
            )
            for record in records
        ],
    }  # fmt: skip


def _members(fitted: FittedStudy, target: Target) -> list[dict[str, Any]]:
    """The domains that a target is a mean of, with their weights; none for a domain or task."""
    if target.level in (DOMAIN, TASK):
        return []
    return [
        {"target": target.name, "member": name, "weight": float(weight)}
        for name, weight in zip(fitted.evidence.domains, target.weights, strict=True)
        if weight
    ]


def _count_scored(fitted: FittedStudy, weights: np.ndarray, predictor: str) -> int | None:
    """For how many of the mixtures a proxy was scored; its scores of the others are predicted from these."""
    if predictor not in fitted.table.scored_proxies:
        return None
    return int(fitted.table.scored_proxies[predictor].is_scored(weights).sum())


def reason(fitted: FittedStudy) -> str:
    """Why this predictor answers."""
    count = len(fitted.table.references)
    if fitted.choice is None:
        return f"the stated default: there are {count or 'no'} reference models, too few to choose by"
    if fitted.asked_for:
        return "it was asked for"
    judged = [one for one in fitted.choice.judged if not one.candidate.only_asked_for]
    error = next(one.error for one in judged if one.candidate.name == fitted.name)
    nearer = [one.candidate.label for one in fitted.choice.judged if one not in judged and one.error < error / 2]
    beside = f" ({', '.join(nearer)}: less than half of it, but only answers where asked for)" if nearer else ""
    if judged[0].candidate.name == fitted.name:
        text = f"of {len(judged)} predictors, it has the least cross-validated error on the {count} reference models"
    else:
        text = f"of {len(judged)} predictors, none has half its cross-validated error on the {count} reference models"
    return text + beside


def _models(fitted: FittedStudy, target: Target) -> list[dict[str, Any]]:
    evidence = fitted.evidence
    seed = [] if evidence.seed is None else [("seed", "seed", evidence.seed)]
    components = [
        ("component", unit, values)
        for unit, values in zip(evidence.units, evidence.components, strict=True)
        if np.isfinite(values).any()
    ]
    return [
        {**target.key, "kind": kind, "name": name, "score": _number(target.of(values))}
        for kind, name, values in seed + components
    ]


def _certainty(sd: np.ndarray, tied: np.ndarray, as_scored: np.ndarray) -> list[dict[str, Any]]:
    """What the records of the predictor that answers add: how sure it is, and its own scores where it is a proxy."""
    return [
        {"sd": _number(one), "tied": bool(is_tied), "as_scored": _number(score)}
        for one, is_tied, score in zip(sd, tied, as_scored, strict=True)
    ]


def _scored(
    fitted: FittedStudy, mixtures: list[Mixture], target: Target, kind: str, losses: np.ndarray
) -> list[dict[str, Any]]:
    """The records of a proxy."""
    mean = target.of(losses)
    certainty = [{"sd": None, "tied": None, "as_scored": _number(score)} for score in mean]
    return _records(fitted, mixtures, target, kind, mean, certainty)


def _records(
    fitted: FittedStudy,
    mixtures: list[Mixture],
    target: Target,
    predictor: str,
    mean: np.ndarray,
    certainty: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    references = fitted.references_by_mixture()
    order = sorted(np.flatnonzero(np.isfinite(mean)), key=lambda row: (mean[row], mixtures[row].id))
    values = np.sort(mean[order])
    return [
        {
            **target.key,
            "predictor": predictor,
            "rank": 1 + int(np.searchsorted(values, mean[row])),
            "mixture_id": mixtures[row].id,
            "name": mixtures[row].name,
            "score": float(mean[row]),
            **certainty[row],
            "reference": _number(target.of(references[mixtures[row].id])) if mixtures[row].id in references else None,
        }
        for row in order
    ]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
