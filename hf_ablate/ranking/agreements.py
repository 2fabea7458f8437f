"""What `agreement.json` holds: how well each predictor agrees with the reference models, and which was chosen."""

from typing import Any

import numpy as np

from ..prediction.candidates import STACK, find_candidate
from ..prediction.choice import COVERAGE
from ..prediction.fitted import FittedStudy
from .agreement import STATISTICS, agreements
from .arguments import RankSettings
from .measured import ALL, CHOSEN, INTERVALS
from .random_orders import random_agreements
from .resamples import resample, undefined
from .targets import Target


RANDOM = "random"


def make_agreement(
    fitted: FittedStudy, targets: list[Target], settings: RankSettings, header: dict[str, Any]
) -> dict[str, Any]:
    """How well each predictor agrees with the reference models, per target and number of units.

    Proxies and baselines are compared as they are. What is fitted on reference models is compared where it was fitted
    without them, and so is the choice among all, which is made anew for every reference model that is held out.

    Args:
        fitted ([`FittedStudy`]): the study's evidence and predictor.
        targets (`list[Target]`): that mixtures are ranked on.
        settings ([`RankSettings`]): how intervals are resampled.
        header (`dict[str, Any]`): the values that `ranking.json` and `agreement.json` share.

    Returns:
        `dict`: what [`Agreement`] reads; docs/json.md explains every key.
    """
    references = fitted.table.references
    sizes = (references.weights > 0).sum(axis=1)
    groups = {ALL: np.full(len(references), True)} | {str(size): sizes == size for size in sorted(set(sizes))}
    # Merges of trained models are there for some mixtures alone: on these, every predictor is judged beside them.
    comparable = {kind: trained.is_scored(references.weights) for kind, trained in fitted.table.trained.items()}
    groups |= {kind: rows for kind, rows in comparable.items() if rows.any() and not rows.all()}
    predicted = _predictions(fitted)
    by_group = {name: _statistics(fitted, targets, rows, predicted, settings) for name, rows in groups.items()}
    records = []
    for position, target in enumerate(targets):
        inside = _inside(fitted, target)
        for name, rows in groups.items():
            key = {**target.key, "group": name, "n": int(rows.sum())}
            for predictor, estimates in by_group[name][position].items():
                coverage = _coverage(predictor, None if inside is None else inside[rows])
                records += [
                    {**key, "predictor": predictor, "statistic": statistic, "reason": None, **estimate}
                    for statistic, estimate in (estimates | {INTERVALS: coverage}).items()
                ]
    return {
        **header,
        "confidence": settings.confidence,
        "bootstrap_samples": settings.bootstrap_samples,
        "references": len(references),
        "left_out": [
            {"mixture_id": mixture, "name": name, "reason": "a component is the same model"}
            for mixture, name in fitted.evidence.left_out.items()
        ],
        "predictors": [_described(fitted, name) for name in (*predicted, RANDOM)],
        "agreement": records,
        "held_out": [record for target in targets for record in _held_out(fitted, target)],
    }


def _held_out(fitted: FittedStudy, target: Target) -> list[dict[str, Any]]:
    """What is predicted of every reference model without it, and what it shows."""
    if fitted.choice is None:
        return []
    references, mean = fitted.table.references, target.of(fitted.choice.nested.mean)
    reach = fitted.choice.nested_reach(target.weights)
    return [
        {
            **target.key, "mixture_id": name, "score": float(mean[row]), "low": float(mean[row] - reach[row]),
            "high": float(mean[row] + reach[row]), "reference": float(target.of(references.losses[row])),
        }
        for row, name in enumerate(references.ids)
    ]  # fmt: skip


def _predictions(fitted: FittedStudy) -> dict[str, np.ndarray]:
    """Predictor → [references, domains]; NaN where a predictor is not defined. The choice among them comes first."""
    weights = fitted.table.references.weights
    held_out = {}
    if fitted.choice is not None:
        held_out = {CHOSEN: fitted.choice.nested.mean}
        held_out |= {
            judged.candidate.name: judged.held_out.mean
            for judged in fitted.choice.judged
            if judged.candidate.name == STACK or fitted.table.is_fitted(judged.candidate.name)
        }
    order = dict.fromkeys([*fitted.table.scored_proxies, *fitted.table.names])
    return held_out | {name: fitted.table.values(name, weights) for name in order if name not in held_out}


def _described(fitted: FittedStudy, name: str) -> dict[str, Any]:
    """A record of the table of predictors."""
    errors = {} if fitted.choice is None else {one.candidate.name: one.error for one in fitted.choice.judged}
    is_proxy = name in fitted.table.scored_proxies
    row = {"predictor": name, "proxy": is_proxy, "baseline": name == RANDOM, "error": errors.get(name)}
    if name == CHOSEN:
        return row | {
            "label": "chosen, nested",
            "description": "the predictor that is chosen without the reference model that it predicts",
        }
    if name == RANDOM:
        return row | {
            "label": "random",
            "description": "expectation over random orders; the interval is where single random orders fall",
        }
    if name == STACK:
        stack = next(one.candidate for one in fitted.choice.judged if one.candidate.name == STACK)
        return row | {"label": stack.label, "description": stack.description}
    single = find_candidate(name)
    label = f"proxy: {single.label}" if is_proxy else single.label
    return row | {"label": label, "description": single.description, "baseline": single.is_baseline}


def _statistics(
    fitted: FittedStudy,
    targets: list[Target],
    rows: np.ndarray,
    predicted: dict[str, np.ndarray],
    settings: RankSettings,
) -> list[dict[str, dict[str, dict]]]:
    """For each target, predictor → statistic → estimate, on the mixtures of `rows`."""
    # A target's values are those of all mixtures first: sums of other blocks of rows may differ in their last bits.
    references = np.array([target.of(fitted.table.references.losses)[rows] for target in targets])
    confidence, seed = settings.confidence, settings.random_seed
    counts = resample(max(references.shape[1], 1), settings.bootstrap_samples, seed)  # the same for all targets
    by_chance = random_agreements(references, counts, confidence, seed)
    found = []
    for target, reference, chance in zip(targets, references, by_chance, strict=True):
        ours = {name: target.of(values)[rows] for name, values in predicted.items()}
        statistics = agreements(ours, reference, counts, confidence) | {RANDOM: chance}
        for name, values in ours.items():
            missing = int((~np.isfinite(values)).sum())
            if 0 < missing < len(values):
                reason = undefined(f"{missing} of {len(values)} mixtures have no score")
                statistics[name] = dict.fromkeys(STATISTICS, reason)
        found.append(statistics)
    return found


def _inside(fitted: FittedStudy, target: Target) -> np.ndarray | None:
    """Whether each reference model is inside the 90 % interval that was made without it."""
    if fitted.choice is None:
        return None
    errors = np.abs(target.of(fitted.choice.nested.mean - fitted.table.references.losses))
    return errors <= fitted.choice.nested_reach(target.weights)


def _coverage(predictor: str, inside: np.ndarray | None) -> dict[str, float | str | None]:
    """The share of reference models inside the intervals of a predictor."""
    if predictor != CHOSEN:
        return undefined("no intervals without the reference models are made")
    low, high = _wilson(int(inside.sum()), len(inside))
    return {"value": float(inside.mean()), "low": low, "high": high}


def _wilson(successes: int, trials: int) -> tuple[float, float]:
    """The score interval of a share at 90 % (Wilson, 1927)."""
    from scipy.stats import binomtest

    interval = binomtest(successes, trials).proportion_ci(COVERAGE, method="wilson")
    return float(interval.low), float(interval.high)
