"""The ranking and its agreement as plain text."""

import textwrap
from typing import Any

from ..mixtures.proxies import PROXIES
from ..mixtures.ranked import MEAN, ranked_kind
from ..text_table import text_table


_SHOWN = ("pearson", "spearman", "kendall", "decision_accuracy", "regret")
_TITLES = {
    "pearson": "Pearson",
    "spearman": "Spearman",
    "kendall": "Kendall",
    "decision_accuracy": "dec. acc.",
    "regret": "regret",
}
PROXY_LABELS = {proxy.kind: proxy.label for proxy in PROXIES}
BUDGETS = {
    "fixed": "fixed (every reference model saw the same number of tokens)",
    "union": "union (k units give k times the tokens)",
    "unknown": "unknown",
}


def ranking_table(ranking: dict[str, Any], top: int) -> str:
    """The best mixtures on the mean of domains, with their score on each domain and their reference model's score."""
    rankings = ranking["targets"][MEAN]["rankings"]
    proxy = ranked_kind(ranking)
    domains = [name for name, target in ranking["targets"].items() if target["kind"] == "domain"]
    shown = domains if len(domains) <= 8 else []
    by_domain = {
        name: {entry["mixture"]: entry["score"] for entry in ranking["targets"][name]["rankings"][proxy]}
        for name in shown
    }
    entries = rankings[proxy]
    rows = [
        [
            str(entry["rank"]),
            mixture_text(ranking, entry["mixture"]),
            score_text(entry["score"]),
            score_text(entry["reference"]),
            *(score_text(by_domain[name].get(entry["mixture"])) for name in shown),
        ]
        for entry in entries[:top]
    ]
    headers = ["rank", "mixture", "mean", "reference", *(short_name(name) for name in shown)]
    lines = [
        f"Ranking of {len(entries)} mixtures by {ranking['unit_of_measure']} (lower is better), split "
        f"{ranking['split']}, mean of {len(domains)} domains, proxy: {PROXY_LABELS[proxy]}",
        text_table(headers, rows, left=(0, 1)),
    ]
    if len(entries) > top:
        lines.append(f"… and {len(entries) - top} more; every target is in ranking/ranking.json")
    return "\n".join(lines)


def mixture_text(ranking: dict[str, Any], mixture: str, width: int = 44) -> str:
    """The name of a mixture, cut to a width; `all 5 units` for the uniform mixture of everything.

    Args:
        ranking (`dict`): as in `ranking.json`.
        mixture (`str`): its id.
        width (`int`): the most characters.
    """
    described = ranking["mixtures"][mixture]
    size = described["number_of_units"]
    if size == len(_all_units(ranking)) > 2 and len(set(described["weights"].values())) == 1:
        return f"all {size} units"
    return textwrap.shorten(described["name"], width, placeholder=" …")


def _all_units(ranking: dict[str, Any]) -> set[str]:
    return {unit for mixture in ranking["mixtures"].values() for unit in mixture["weights"]}


def target_text(target: str) -> str:
    """What people read for a target: the mean of domains, or its name."""
    return "mean of domains" if target == MEAN else target


def short_name(target: str) -> str:
    """`in_domain/sympy` → `sympy`."""
    return target_text(target).rpartition("/")[2]


def score_text(value: float | None) -> str:
    """Four decimals below 10, two below 1,000, else none; `-` for no score."""
    if value is None:
        return "-"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}" if abs(value) < 1000 else f"{value:,.0f}"


def agreement_tables(agreement: dict[str, Any]) -> str:
    """The agreement on the mean of domains for every predictor, then the best proxy against baselines per target."""
    if not agreement["references"]:
        return (
            "No agreement: no reference model of two units or more is scored, so nothing says how far the ranking can "
            "be trusted."
        )
    budget = BUDGETS.get(agreement["reference_budget"], agreement["reference_budget"])
    group = agreement["targets"][MEAN]["groups"]["all"]
    title = (
        f"Agreement with {agreement['references']} reference models, reference budget: {budget}; "
        f"{agreement['confidence']:.0%} bootstrap intervals over mixtures; regret in {agreement['unit_of_measure']}"
    )
    by_target = [(target_text(name), target["groups"]["all"]) for name, target in agreement["targets"].items()]
    by_size = [
        (f"{size} units", group) for size, group in agreement["targets"][MEAN]["groups"].items() if size != "all"
    ]
    reasons = {entry["pearson"]["reason"] for entry in group["predictors"].values() if "reason" in entry["pearson"]}
    return "\n".join(
        [
            title,
            f"\nmean of domains, n = {group['n']}",
            _predictor_table(agreement, group),
            *(f"-: {reason}" for reason in sorted(reasons)),
            "\n" + _proxy_table(agreement, "proxy by target", by_target),
            "\n" + _proxy_table(agreement, "proxy on the mean", by_size),
        ]
    )


def _predictor_table(agreement: dict[str, Any], group: dict[str, Any]) -> str:
    rows = [
        [
            agreement["predictors"][name]["label"],
            *(_with_interval(entry[statistic], statistic) for statistic in _SHOWN),
        ]
        for name, entry in group["predictors"].items()
    ]
    return text_table(["predictor", *_TITLES.values()], rows)


def _with_interval(entry: dict[str, Any], statistic: str) -> str:
    text = number_text(entry["value"], statistic)
    if entry["low"] is None:
        return text
    return f"{text} [{number_text(entry['low'], statistic)}, {number_text(entry['high'], statistic)}]"


def number_text(value: float | None, statistic: str) -> str:
    """A statistic as text: a regret to four decimals, the others to two."""
    if value is None:
        return "-"
    return score_text(value) if statistic == "regret" else f"{value:.2f}"


def _proxy_table(agreement: dict[str, Any], title: str, groups: list[tuple[str, dict[str, Any]]]) -> str:
    """A row per group: the statistics of the first proxy, and which predictor is best."""
    rows = []
    for name, group in groups:
        proxy = next(iter(group["predictors"].values()))
        numbers = [number_text(proxy[statistic]["value"], statistic) for statistic in _SHOWN]
        rows.append([name, str(group["n"]), *numbers, best_text(agreement, group)])
    headers = [title, "n", *_TITLES.values(), "best by decision accuracy"]
    return text_table(headers, rows, left=(0, len(headers) - 1))


def best_text(agreement: dict[str, Any], group: dict[str, Any]) -> str:
    """The best predictors by decision accuracy, with it."""
    if not group["best"]:
        return "-"
    labels = " = ".join(agreement["predictors"][name]["label"] for name in group["best"])
    return f"{labels} ({group['predictors'][group['best'][0]]['decision_accuracy']['value']:.2f})"
