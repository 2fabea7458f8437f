"""What `ranking.json` holds: the mixtures in the order of the predictor that answers, and of each proxy."""

from typing import Any

import numpy as np

from ..mixtures.mixture import Mixture
from ..mixtures.ranked import Ranking
from ..mixtures.ranked_scores import RankedScores
from ..prediction.candidates import find_candidate
from ..prediction.fitted import FittedStudy
from .arguments import RankSettings
from .targets import DOMAIN, TASK, Target
from .ties import tied_with_best


_MOST_RECORDS = 100_000  # in ranking.json, some 50 MB


def make_ranking(
    fitted: FittedStudy, mixtures: list[Mixture], targets: list[Target], settings: RankSettings, header: dict[str, Any]
) -> Ranking:
    """The mixtures in order, for every target.

    Args:
        fitted ([`FittedStudy`]): the study's evidence and predictor.
        mixtures (`list[Mixture]`): that are ranked.
        targets (`list[Target]`): that they are ranked on.
        settings ([`RankSettings`]): of the ranking.
        header (`dict[str, Any]`): the values that `ranking.json` and `agreement.json` share.

    Returns:
        [`Ranking`]: docs/json.md explains every key. In `ranking`, equal scores share a rank, and scores of a proxy
        that was not scored for every mixture are predicted for the others from those that there are. Of very many
        records, it has those of the study's target, and the scores of all are arrays.
    """
    weights = fitted.evidence.weights_of(mixtures)
    floors = [fitted.noise_floor(target.weights, settings.confidence) for target in targets]
    scores = _scores(fitted, mixtures, weights, targets, floors, settings.confidence)
    rows = [
        {
            "mixture_id": mixture.id, "name": mixture.name, "mixture": mixture.weights,
            "number_of_units": len(mixture.units),
        }
        for mixture in mixtures
    ]  # fmt: skip
    are_few = len(scores) <= _MOST_RECORDS
    proxies = map(find_candidate, scores.predictors[1:].tolist())
    described = {fitted.name: (fitted.label, fitted.description)}
    described |= {proxy.name: (proxy.label, proxy.description) for proxy in proxies}
    content = {
        **header,
        "answered_by": fitted.name,
        "reason": reason(fitted),
        "ranked_by": [
            {"predictor": name, "label": label, "description": text, "scored": _count_scored(fitted, weights, name)}
            for name, (label, text) in described.items()
        ],
        "mixtures": rows,
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
            for target in targets
            if are_few or target.name == header["target"]
            for name in described
            for record in scores.records(target.key, name, rows)
        ],
    }  # fmt: skip
    return Ranking(content, scores=None if are_few else scores)


def _scores(
    fitted: FittedStudy,
    mixtures: list[Mixture],
    weights: np.ndarray,
    targets: list[Target],
    floors: list[float | None],
    confidence: float,
) -> RankedScores:
    """The mixtures' scores by the predictor that answers and by each proxy."""
    shares = np.array([target.weights for target in targets])
    expected = fitted.predictor.expected(weights)
    means = np.array([expected @ share for share in shares])
    known = np.array([floor or 0.0 for floor in floors])
    sd, tied = tied_with_best(fitted.predictor, weights, means, shares, confidence, known)
    # Of all mixtures: as a proxy was scored, and as its scores predict it for the others.
    scored = {kind: proxy.losses(weights) for kind, proxy in fitted.table.scored_proxies.items()}
    own = scored.pop(fitted.name, np.full_like(expected, np.nan))  # where a proxy answers
    references, rows = fitted.references_by_mixture(), {mixture.id: row for row, mixture in enumerate(mixtures)}
    trained = [name for name in references if name in rows]
    return RankedScores(
        targets=np.array([target.name for target in targets]),
        predictors=np.array([fitted.name, *scored]),
        ids=np.array(list(rows)),
        scores=np.array(
            [[mean, *map(target.of, scored.values())] for target, mean in zip(targets, means, strict=True)]
        ),
        sd=sd,
        tied=tied,
        as_scored=np.array([target.of(own) for target in targets]),
        references=np.array([[target.of(references[name]) for name in trained] for target in targets]),
        trained=np.array([rows[name] for name in trained], dtype=int),
    )


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


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
