"""The answer of a study in sentences: the best mixture, how much better it is, and how far to trust that."""

from typing import Any

from ..ranking.tables import BUDGETS, mixture_text, score_text
from .cost import by_kind, cost_rows
from .study import Study


def answer(study: Study) -> dict[str, str]:
    """`mixture`, its `score`, and `gain`: a clause that compares it with the uniform mixture of all units."""
    entries = study.ranking["targets"]["macro"]["rankings"][study.proxy]
    best = entries[0]
    return {
        "mixture": mixture_text(study.ranking, best["mixture"], 200),
        "score": score_text(best["score"]),
        "gain": _gain(study, entries),
    }


def _gain(study: Study, entries: list[dict[str, Any]]) -> str:
    best = entries[0]
    uniform = next((entry for entry in entries if _is_uniform_over_all(study, entry["mixture"])), None)
    name = f"uniform over all {len(study.units)} units"
    if uniform is None:
        return f"(the candidates do not include {name}, to compare with)"
    if uniform is not best:
        return f"{_share(best, uniform)} better than {name} ({score_text(uniform['score'])})"
    if len(entries) == 1:
        return "the only candidate"
    runner_up = entries[1]
    return (
        f"that is {name}; the runner-up, {mixture_text(study.ranking, runner_up['mixture'], 200)}, is "
        f"{_share(best, runner_up)} worse"
    )


def _is_uniform_over_all(study: Study, mixture: str) -> bool:
    weights = study.ranking["mixtures"][mixture]["weights"]
    return len(weights) == len(study.units) and max(weights.values()) - min(weights.values()) < 1e-9


def _share(best: dict[str, Any], other: dict[str, Any]) -> str:
    share = 100 * (other["score"] / best["score"] - 1)
    return f"{share:.1f} %" if share >= 0.1 else f"{share:.2g} %"


def trust(study: Study) -> list[str]:
    """How far the ranking can be trusted, in one to three sentences."""
    found = study.agreement
    if not found["references"]:
        return ["Unchecked: no reference model was trained on a mixture of two units or more."]
    group = found["targets"]["macro"]["groups"]["all"]
    proxy = group["predictors"][study.proxy]
    accuracy = proxy["decision_accuracy"]
    if accuracy["value"] is None:
        return [f"Unchecked: {accuracy['reason']} (there are {group['n']})."]
    interval = "" if accuracy["low"] is None else f" ({_interval(accuracy, found['confidence'])})"
    budget = BUDGETS.get(found["reference_budget"], "").partition(" (")[0]
    sentences = [
        f"Checked against {group['n']} reference models (reference budget: {budget}), the proxies put "
        f"{accuracy['value']:.0%} of pairs of mixtures in the same order as real training{interval}; choosing by "
        f"proxy loses {score_text(proxy['regret']['value'])} {found['unit_of_measure']} against the best "
        "reference model."
    ]
    return sentences + [_against_baselines(study, group)]


def _interval(entry: dict[str, Any], confidence: float) -> str:
    return f"{confidence:.0%} interval {entry['low']:.0%} to {entry['high']:.0%}"


def _against_baselines(study: Study, group: dict[str, Any]) -> str:
    predictors = study.agreement["predictors"]
    baselines = {
        name: entry["decision_accuracy"]["value"]
        for name, entry in group["predictors"].items()
        if not predictors[name]["proxy"] and entry["decision_accuracy"]["value"] is not None
    }
    name = max(baselines, key=lambda key: baselines[key])
    ours = group["predictors"][study.proxy]["decision_accuracy"]["value"]
    label, value = predictors[name]["label"], baselines[name]
    if ours > value:
        return f"No trivial baseline does as well; the nearest, “{label}”, reaches {value:.0%}."
    relation = "does as well" if ours == value else f"does better ({value:.0%})"
    return (
        f"But a trivial baseline, “{label}”, {relation}: on the macro average of this study the proxies do not prove "
        "their worth."
    )


def savings(study: Study) -> str | None:
    """The cost of the components as a share of training every mixture; None where it is not recorded."""
    rows = by_kind(cost_rows(study))
    if "every_mixture" not in rows:
        return None
    return f"{rows['component']['flops'] / rows['every_mixture']['flops']:.0%}"
