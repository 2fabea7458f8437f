"""What `ranking.json` and `agreement.json` hold."""

from typing import Any

import numpy as np

from .agreement import STATISTICS, agreement, random_agreement, resample, undefined
from .arguments import RankSettings
from .predictors import DESCRIPTIONS, LABELS, PROXY_KINDS, RANDOM, predictions
from .scores import UNITS_OF_MEASURE, Scores, Target


def make_ranking(scores: Scores, settings: RankSettings, budget: str) -> dict[str, Any]:
    """The mixtures in the order of their proxies' scores, for every target and each kind of proxy.

    Args:
        scores ([`Scores`]): of mixtures, components and seed, by the metric of `settings`.
        settings ([`RankSettings`]): metric and split, which the ranking records.
        budget (`str`): of the reference models, `fixed`, `union` or `unknown`.

    Returns:
        `dict`: `targets` → target name (`macro` first) → `rankings` → `merged` / `ensemble` → entries, best first,
        of `rank`, `mixture` (id), `score`, and `reference` (score of the reference model, or None). Equal scores
        share a rank. A mixture without a score on a target is not ranked there.
    """
    targets = {}
    for target in scores.targets():
        rankings = {kind: _ranked(scores, kind, target) for kind in PROXY_KINDS if kind in scores.by_kind}
        targets[target.name] = {
            "kind": target.kind,
            "source": target.source,
            "domain": target.domain,
            "seed": None if scores.seed is None else _number(target.of(scores.seed)),
            "components": {unit: _number(target.of(values)) for unit, values in sorted(scores.components.items())},
            "rankings": rankings,
        }
    return {
        **_header(settings, budget),
        "mixtures": {
            mixture.id: {"name": mixture.name, "weights": mixture.weights, "number_of_units": len(mixture.units)}
            for mixture in scores.mixtures
        },
        "targets": targets,
    }


def _header(settings: RankSettings, budget: str) -> dict[str, Any]:
    return {
        "metric": settings.metric,
        "unit_of_measure": UNITS_OF_MEASURE[settings.metric],
        "split": settings.split,
        "reference_budget": budget,
    }


def _ranked(scores: Scores, proxy: str, target: Target) -> list[dict[str, Any]]:
    values = target.of(scores.by_kind[proxy])
    nothing = np.full(len(values), np.nan)
    references = target.of(scores.by_kind["reference"]) if "reference" in scores.by_kind else nothing
    order = sorted(np.flatnonzero(np.isfinite(values)), key=lambda row: (values[row], scores.mixtures[row].id))
    return [
        {
            "rank": 1 + int((values[order] < values[row]).sum()),
            "mixture": scores.mixtures[row].id,
            "score": float(values[row]),
            "reference": _number(references[row]),
        }
        for row in order
    ]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def make_agreement(scores: Scores, settings: RankSettings, budget: str) -> dict[str, Any]:
    """How well each predictor agrees with the reference models, per target and number of units.

    Reference models of one unit are left out: with the same tokens they equal their component by construction.

    Args:
        scores ([`Scores`]): of mixtures, components and reference models.
        settings ([`RankSettings`]): how intervals are resampled.
        budget (`str`): of the reference models, `fixed`, `union` or `unknown`.

    Returns:
        `dict`: `targets` → target name → `groups` → `all` or a number of units → `n`, `predictors` → predictor →
        statistic → `value`, `low`, `high` (see [`agreement`]), and `best`: the predictors with the highest decision
        accuracy (several when equal).
    """
    references = scores.by_kind.get("reference", np.full((len(scores.mixtures), len(scores.domains)), np.nan))
    trained = np.isfinite(references).any(axis=1)
    counted = trained & (scores.sizes > 1)
    predicted = predictions(scores)
    targets = {}
    for target in scores.targets():
        values = target.of(references)
        usable = counted & np.isfinite(values)
        groups = {"all": usable}
        groups |= {str(size): usable & (scores.sizes == size) for size in sorted(set(scores.sizes[counted].tolist()))}
        targets[target.name] = {
            "kind": target.kind,
            "source": target.source,
            "domain": target.domain,
            "groups": {
                name: _group(target, rows, values, predicted, settings) for name, rows in groups.items()
            },
        }  # fmt: skip
    return {
        **_header(settings, budget),
        "confidence": settings.confidence,
        "bootstrap_samples": settings.bootstrap_samples,
        "references": int(counted.sum()),
        "left_out": {
            mixture.id: "its only unit's component is the same model"
            for mixture, trained_one, size in zip(scores.mixtures, trained, scores.sizes, strict=True)
            if trained_one and size == 1
        },
        "predictors": {
            name: {"label": LABELS[name], "description": DESCRIPTIONS[name], "proxy": name in PROXY_KINDS}
            for name in (*predicted, RANDOM)
        },
        "targets": targets,
    }


def _group(
    target: Target,
    rows: np.ndarray,
    references: np.ndarray,
    predicted: dict[str, np.ndarray],
    settings: RankSettings,
) -> dict[str, Any]:
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
    return {"n": size, "best": best_predictors(statistics), "predictors": statistics}


def best_predictors(statistics: dict[str, dict[str, dict]]) -> list[str]:
    """The predictors with the highest decision accuracy; several when they are equal, none when it is undefined."""
    accuracy = {
        name: entry["decision_accuracy"]["value"]
        for name, entry in statistics.items()
        if entry["decision_accuracy"]["value"] is not None
    }
    return [name for name, value in accuracy.items() if value >= max(accuracy.values()) - 1e-12]
