"""The answer of a study in sentences: the best mixture, what is as good, how far to trust that."""

from typing import Any

from ..ranking.measured import CHOSEN, INTERVALS
from ..ranking.tables import BUDGETS, Z90, described_target, score_text
from .cost import by_kind, cost_rows, flops_of_proxies
from .ranked_study import RankedStudy


def answer(study: RankedStudy) -> dict[str, Any]:
    """The best mixture in words.

    Returns:
        `dict[str, Any]`: `mixture`, its predicted `score`, `reach` (half the width of its 90 % interval, or `None`),
        `gain` (a clause that compares it with the uniform mixture of all units, or nothing), `tied` (a sentence), `by`
        (the label of the predictor), `on` (what it is judged on, in words).
    """
    entries = study.ranking.entries()
    best = entries[0]
    return {
        "mixture": study.names[best["mixture_id"]],
        "score": score_text(best["score"]),
        "reach": None if best["sd"] is None else score_text(Z90 * best["sd"]),
        "gain": _gain(study, entries),
        "tied": _tied(entries),
        "by": study.ranking.ranked_by[study.ranking.answered_by]["label"],
        "on": described_target(study.ranking, study.target),
    }


def _gain(study: RankedStudy, entries: list[dict[str, Any]]) -> str:
    best = entries[0]
    uniform = next((entry for entry in entries if _is_uniform_over_all(study, entry["mixture_id"])), None)
    name = f"equal shares of all {len(study.units)} units"
    if uniform is None:
        return ""
    if uniform is not best:
        return f", {_share(best, uniform)} better than {name} ({score_text(uniform['score'])})"
    if len(entries) == 1:
        return ", the only candidate"
    runner_up = entries[1]
    return f", with {name}; the runner-up, {study.names[runner_up['mixture_id']]}, is {_share(best, runner_up)} worse"


def _is_uniform_over_all(study: RankedStudy, mixture: str) -> bool:
    weights = study.ranking.mixtures[mixture]["mixture"]
    return len(weights) == len(study.units) and max(weights.values()) - min(weights.values()) < 1e-9


def _share(best: dict[str, Any], other: dict[str, Any]) -> str:
    share = 100 * (other["score"] / best["score"] - 1)
    return f"{share:.1f}%" if share >= 0.1 else f"{share:.2g}%"


def _tied(entries: list[dict[str, Any]]) -> str:
    others = sum(bool(entry["tied"]) for entry in entries) - 1
    if others < 1:
        return "All others are worse." if len(entries) > 1 else ""
    return f"{others} other{'s' * (others > 1)} of {len(entries)} cannot be told apart from it."


def trust(study: RankedStudy) -> list[str]:
    """How far the ranking can be trusted, in one to three sentences: the predictor against the best baseline."""
    agreement = study.agreement
    if not agreement.references:
        return ["Unchecked: no reference model was trained on a mixture of two units or more."]
    group = agreement.group()
    judged = study.judged
    entry = group["predictors"][judged]
    if entry["decision_accuracy"]["value"] is None:
        return [f"Unchecked: {entry['decision_accuracy']['reason']} (there are {group['n']})."]
    budget = BUDGETS.get(study.ranking.reference_budget, "").partition(" (")[0]
    facts = study.ranking.ranked_by[study.ranking.answered_by]
    scales = f"{agreement.scales}; " if agreement.scales else ""
    unseen = " when it has not seen them" if judged == CHOSEN else ""
    sentences = [
        f"Checked against {group['n']} reference models ({scales}reference budget: {budget}): the predictor, "
        f"{facts['label']} ({facts['description']}), puts {_accuracy(study, entry)} of all pairs of mixtures in the "
        f"order of real training{unseen}, and choosing by it loses {score_text(entry['regret']['value'])} "
        f"{study.ranking.unit_of_measure} against the best of them.",
        _against_baselines(study, group, judged),
    ]
    if entry[INTERVALS]["value"] is not None:
        sentences.append(f"Its 90 % intervals hold {entry[INTERVALS]['value']:.0%} of them.")
    return sentences


def _accuracy(study: RankedStudy, entry: dict[str, Any]) -> str:
    accuracy, confidence = entry["decision_accuracy"], study.agreement.confidence
    if accuracy["low"] is None:
        return f"{accuracy['value']:.0%}"
    return f"{accuracy['value']:.0%} ({confidence:.0%} interval {accuracy['low']:.0%} to {accuracy['high']:.0%})"


def _against_baselines(study: RankedStudy, group: dict[str, Any], judged: str) -> str:
    predictors = study.agreement.predictors
    accuracy = {name: entry["decision_accuracy"]["value"] for name, entry in group["predictors"].items()}
    baselines = {name: value for name, value in accuracy.items() if predictors[name]["baseline"] and value is not None}
    best = max(baselines, key=lambda name: baselines[name])
    opening = f"The best trivial baseline, “{predictors[best]['label']}”, reaches {baselines[best]:.0%}"
    if accuracy[judged] > baselines[best]:
        return f"{opening}: the predictor beats it."
    return (
        f"{opening}: the predictor does not beat it, so on {described_target(study.ranking, study.target)} this study "
        "does not prove its worth."
    )


def savings(study: RankedStudy) -> tuple[str, str] | None:
    """The cost of the proxies as a share of that of a model of every mixture, and what of that is compared.

    Returns:
        `tuple[str, str] | None`: a percentage, and `training and scoring`, or `training` where the cost of scoring is
        not recorded; `None` where no cost is.
    """
    rows = by_kind(cost_rows(study))
    if "every_mixture" not in rows:
        return None
    proxies, instead = flops_of_proxies(study), rows["every_mixture"]["flops"]
    if proxies is None or "scoring_every_mixture" not in rows:
        return _percent(rows["component"]["flops"] / instead), "training"
    return _percent(proxies / (instead + rows["scoring_every_mixture"]["flops"])), "training and scoring"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else f"{100 * share:.1g}%"
