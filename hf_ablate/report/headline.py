"""The answer of a study in sentences: the best mixture, how much better it is, and how far to trust that."""

from typing import Any

from ..ranking.tables import BUDGETS, mixture_text, score_text
from .cost import by_kind, cost_rows, flops_of_proxies
from .ranked_study import RankedStudy


def answer(study: RankedStudy) -> dict[str, str]:
    """`mixture`, its `score`, and `gain`: a clause that compares it with the uniform mixture of all units."""
    entries = study.ranking.entries()
    best = entries[0]
    return {
        "mixture": mixture_text(study.ranking, best["mixture_id"], 200),
        "score": score_text(best["score"]),
        "gain": _gain(study, entries),
    }


def _gain(study: RankedStudy, entries: list[dict[str, Any]]) -> str:
    best = entries[0]
    uniform = next((entry for entry in entries if _is_uniform_over_all(study, entry["mixture_id"])), None)
    name = f"equal shares of all {len(study.units)} units"
    if uniform is None:
        return f"(the candidates do not include {name}, to compare with)"
    if uniform is not best:
        return f"{_share(best, uniform)} better than {name} ({score_text(uniform['score'])})"
    if len(entries) == 1:
        return "the only candidate"
    runner_up = entries[1]
    return (
        f"with {name}; the runner-up, {mixture_text(study.ranking, runner_up['mixture_id'], 200)}, is "
        f"{_share(best, runner_up)} worse"
    )


def _is_uniform_over_all(study: RankedStudy, mixture: str) -> bool:
    weights = study.ranking.mixtures[mixture]["mixture"]
    return len(weights) == len(study.units) and max(weights.values()) - min(weights.values()) < 1e-9


def _share(best: dict[str, Any], other: dict[str, Any]) -> str:
    share = 100 * (other["score"] / best["score"] - 1)
    return f"{share:.1f}%" if share >= 0.1 else f"{share:.2g}%"


def trust(study: RankedStudy) -> list[str]:
    """How far the ranking can be trusted, in one to four sentences: every proxy against the best trivial baseline."""
    agreement = study.agreement
    if not agreement.references:
        return ["Unchecked: no reference model was trained on a mixture of two units or more."]
    group = agreement.group()
    first = group["predictors"][study.proxy]
    if first["decision_accuracy"]["value"] is None:
        return [f"Unchecked: {first['decision_accuracy']['reason']} (there are {group['n']})."]
    budget = BUDGETS.get(study.ranking.reference_budget, "").partition(" (")[0]
    accuracies = " and ".join(_accuracy(study, group, proxy) for proxy in _proxies(study, group))
    sentences = [
        f"Checked against {group['n']} reference models (reference budget: {budget}): of all pairs of mixtures, "
        f"{accuracies} are put in the order of real training.",
        f"Choosing by {_label(study, study.proxy)} loses {score_text(first['regret']['value'])} "
        f"{study.ranking.unit_of_measure} against the best reference model.",
    ]
    return [*sentences, _against_baselines(study, group), *_other_choices(study)]


def _proxies(study: RankedStudy, group: dict[str, Any]) -> list[str]:
    """The proxies with a decision accuracy, the one that the report is about first."""
    return [
        name
        for name, entry in group["predictors"].items()
        if study.agreement.predictors[name]["proxy"] and entry["decision_accuracy"]["value"] is not None
    ]


def _label(study: RankedStudy, predictor: str) -> str:
    return study.agreement.predictors[predictor]["label"].removeprefix("proxy: ")


def _accuracy(study: RankedStudy, group: dict[str, Any], proxy: str) -> str:
    entry = group["predictors"][proxy]["decision_accuracy"]
    confidence = study.agreement.confidence
    interval = ""
    if entry["low"] is not None:
        interval = f" ({confidence:.0%} interval {entry['low']:.0%} to {entry['high']:.0%})"
    return f"{entry['value']:.0%}{interval} by {_label(study, proxy)}"


def _against_baselines(study: RankedStudy, group: dict[str, Any]) -> str:
    predictors = study.agreement.predictors
    accuracy = {name: entry["decision_accuracy"]["value"] for name, entry in group["predictors"].items()}
    baselines = {
        name: value for name, value in accuracy.items() if not predictors[name]["proxy"] and value is not None
    }
    best = max(baselines, key=lambda name: baselines[name])
    better = [proxy for proxy in _proxies(study, group) if accuracy[proxy] > baselines[best]]
    behind = [proxy for proxy in _proxies(study, group) if proxy not in better]
    opening = f"The best trivial baseline, “{predictors[best]['label']}”, reaches {baselines[best]:.0%}"
    if not behind:
        return f"{opening}: the proxies beat it."
    without = f"{' and '.join(_label(study, proxy) for proxy in behind)} do not beat it"
    if better:
        return f"{opening}: {' and '.join(_label(study, proxy) for proxy in better)} beat it, {without}."
    return f"{opening}: {without}, so on the mean of domains this study does not prove their worth."


def _other_choices(study: RankedStudy) -> list[str]:
    """What the other proxies put first, where they do not agree."""
    rankings = {kind: study.ranking.entries(kind=kind) for kind in study.ranking.kinds}
    chosen = rankings[study.proxy][0]["mixture_id"]
    return [
        f"By {_label(study, proxy)}, {mixture_text(study.ranking, entries[0]['mixture_id'], 200)} comes first."
        for proxy, entries in rankings.items()
        if entries[0]["mixture_id"] != chosen
    ]


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
