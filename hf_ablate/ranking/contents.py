"""What `ranking.json` and `agreement.json` hold."""

from typing import Any

import numpy as np

from ..prediction.baselines import DESCRIPTIONS, LABELS, PROXY_KINDS, RANDOM, predictions
from ..prediction.scores import UNITS_OF_MEASURE, Scores, Target
from .agreement import STATISTICS, agreement, random_agreement, resample, undefined
from .arguments import RankSettings
from .measured import ALL


def make_ranking(scores: Scores, settings: RankSettings, budget: str) -> dict[str, Any]:
    """The mixtures in the order of their proxies' scores, for every target and each kind of proxy.

    Args:
        scores ([`Scores`]): of mixtures, components and seed, by the metric of `settings`.
        settings ([`RankSettings`]): metric and split, which the ranking records.
        budget (`str`): of the reference models, `fixed`, `union` or `unknown`.

    Returns:
        `dict`: what [`Ranking`] reads; docs/json.md explains every key. In `ranking`, equal scores share a rank, and a
        mixture without a score on a target has no record there.
    """
    targets = scores.targets()
    return {
        **_header(settings, budget),
        "mixtures": [
            {
                "mixture_id": mixture.id, "name": mixture.name, "mixture": mixture.weights,
                "number_of_units": len(mixture.units),
            }
            for mixture in scores.mixtures
        ],
        "targets": [target.key for target in targets],
        "models": [record for target in targets for record in _models(scores, target)],
        "ranking": [
            record
            for target in targets
            for kind in PROXY_KINDS
            if kind in scores.by_kind
            for record in _ranked(scores, kind, target)
        ],
    }  # fmt: skip


def _header(settings: RankSettings, budget: str) -> dict[str, Any]:
    return {
        "metric": settings.metric,
        "unit_of_measure": UNITS_OF_MEASURE[settings.metric],
        "split": settings.split,
        "reference_budget": budget,
    }


def _models(scores: Scores, target: Target) -> list[dict[str, Any]]:
    seed = [] if scores.seed is None else [("seed", "seed", scores.seed)]
    components = [("component", unit, values) for unit, values in sorted(scores.components.items())]
    return [
        {**target.key, "kind": kind, "name": name, "score": _number(target.of(values))}
        for kind, name, values in seed + components
    ]


def _ranked(scores: Scores, kind: str, target: Target) -> list[dict[str, Any]]:
    values = target.of(scores.by_kind[kind])
    nothing = np.full(len(values), np.nan)
    references = target.of(scores.by_kind["reference"]) if "reference" in scores.by_kind else nothing
    order = sorted(np.flatnonzero(np.isfinite(values)), key=lambda row: (values[row], scores.mixtures[row].id))
    return [
        {
            **target.key,
            "kind": kind,
            "rank": 1 + int((values[order] < values[row]).sum()),
            "mixture_id": scores.mixtures[row].id,
            "name": scores.mixtures[row].name,
            "score": float(values[row]),
            "reference": _number(references[row]),
        }
        for row in order
    ]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def make_agreement(scores: Scores, settings: RankSettings, budget: str) -> dict[str, Any]:
    """How well each predictor agrees with the reference models, per target and number of units.

    Reference models of one unit, or of what a component was trained on, are left out: with the same tokens they equal
    their component by construction.

    Args:
        scores ([`Scores`]): of mixtures, components and reference models.
        settings ([`RankSettings`]): how intervals are resampled.
        budget (`str`): of the reference models, `fixed`, `union` or `unknown`.

    Returns:
        `dict`: what [`Agreement`] reads; docs/json.md explains every key.
    """
    references = scores.by_kind.get("reference", np.full((len(scores.mixtures), len(scores.domains)), np.nan))
    trained = np.isfinite(references).any(axis=1)
    counted = trained & ~scores.are_probes
    predicted = predictions(scores)
    records = []
    for target in scores.targets():
        values = target.of(references)
        usable = counted & np.isfinite(values)
        groups = {ALL: usable}
        groups |= {str(size): usable & (scores.sizes == size) for size in sorted(set(scores.sizes[counted].tolist()))}
        for name, rows in groups.items():
            key = {**target.key, "group": name, "n": int(rows.sum())}
            statistics = _statistics(target, rows, values, predicted, settings)
            records += [
                {**key, "predictor": predictor, "statistic": statistic, "reason": None, **estimate}
                for predictor, estimates in statistics.items()
                for statistic, estimate in estimates.items()
            ]
    return {
        **_header(settings, budget),
        "confidence": settings.confidence,
        "bootstrap_samples": settings.bootstrap_samples,
        "references": int(counted.sum()),
        "left_out": [
            {"mixture_id": mixture.id, "name": mixture.name, "reason": "a component is the same model"}
            for mixture, is_left_out in zip(scores.mixtures, trained & scores.are_probes, strict=True)
            if is_left_out
        ],
        "predictors": [
            {
                "predictor": name, "label": LABELS[name], "description": DESCRIPTIONS[name],
                "proxy": name in PROXY_KINDS,
            }
            for name in (*predicted, RANDOM)
        ],
        "agreement": records,
    }  # fmt: skip


def _statistics(
    target: Target,
    rows: np.ndarray,
    references: np.ndarray,
    predicted: dict[str, np.ndarray],
    settings: RankSettings,
) -> dict[str, dict[str, dict]]:
    """Predictor → statistic → estimate, on the mixtures of `rows`."""
    size, confidence, seed = int(rows.sum()), settings.confidence, settings.random_seed
    counts = resample(max(size, 1), settings.bootstrap_samples, seed)
    statistics = {}
    for name, values in predicted.items():
        ours = target.of(values)[rows]
        if np.isfinite(ours).any() and not np.isfinite(ours).all():
            missing = undefined(f"{int((~np.isfinite(ours)).sum())} of {size} mixtures have no score")
            statistics[name] = dict.fromkeys(STATISTICS, missing)
        else:
            statistics[name] = agreement(ours, references[rows], counts, confidence)
    statistics[RANDOM] = random_agreement(references[rows], counts, confidence, seed)
    return statistics
