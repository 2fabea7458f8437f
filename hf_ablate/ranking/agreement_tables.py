"""The agreement with reference models as plain text."""

from typing import Any

from ..mixtures.ranked import MEAN
from ..text_table import paragraph, text_table
from .agreement import MINIMUM_MIXTURES
from .measured import ALL, CHOSEN, INTERVALS, Agreement, best_predictors
from .tables import BUDGETS, score_text, target_text
from .targets import DOMAIN


_SHOWN = ("pearson", "spearman", "kendall", "decision_accuracy", "regret")
_TITLES = {
    "pearson": "Pearson",
    "spearman": "Spearman",
    "kendall": "Kendall",
    "decision_accuracy": "dec. acc.",
    "regret": "regret",
}
_MOST_TARGETS = 40  # that all have a line


def agreement_tables(agreement: Agreement) -> str:
    """The agreement of every predictor on the study's target, then of the first per target and number of units.

    Args:
        agreement ([`Agreement`]): with the reference models.
    """
    if not agreement.references:
        return paragraph(
            "No agreement: no reference model of two units or more is scored, so nothing says how far the ranking can "
            "be trusted."
        )
    budget, shown = agreement.content["reference_budget"], agreement.study_target
    group = agreement.group(shown)
    scales = f" ({agreement.scales})" if agreement.scales else ""
    title = (
        f"Agreement with {agreement.references} reference models{scales}, reference budget: "
        f"{BUDGETS.get(budget, budget)}; {agreement.confidence:.0%} bootstrap intervals over mixtures; regret in "
        f"{agreement.content['unit_of_measure']}"
    )
    first = "chosen" if CHOSEN in agreement.predictors else "proxy"
    targets = _shown_targets(agreement)
    by_target = [(target_text(name), agreement.group(name)) for name in targets]
    hidden = len(agreement.targets) - len(targets)
    rest = f"… and {hidden} domains (all are in ranking/agreement.json)" if hidden else ""
    groups = {name: group for name, group in agreement.targets[shown].items() if name != ALL}
    with_trained = {name: group for name, group in groups.items() if name in agreement.predictors}
    by_size = [(f"{size} units", group) for size, group in groups.items() if size not in with_trained]
    tabulated = {name: some for name, some in with_trained.items() if some["n"] >= MINIMUM_MIXTURES}
    reasons = {
        entry["pearson"]["reason"] for entry in group["predictors"].values() if entry["pearson"]["value"] is None
    }
    return "\n".join(
        [
            paragraph(title),
            f"\n{target_text(shown)}, n = {group['n']}",
            _predictor_table(agreement, group),
            *(paragraph(f"-: {reason}") for reason in sorted(reasons)),
            *_coverage_text(group),
            *(_beside_trained(agreement, name, some) for name, some in tabulated.items()),
            "\n" + paragraph(_STATISTICS_EXPLAINED),
            "\n" + _group_table(agreement, f"{first} by target", by_target, rest),
            "\n" + _group_table(agreement, f"{first} on {'the mean' if shown == MEAN else shown}", by_size),
        ]
    )


_STATISTICS_EXPLAINED = (
    "dec. acc. (decision accuracy): the share of pairs of mixtures that are put in the order of their reference "
    "models; chance is 0.5. regret: what choosing by the predictor loses against the best reference model. error: of "
    "the predictor, calibrated on the other reference models, as a share of what mixtures differ by (variances). What "
    "is fitted on reference models is judged on those that it was fitted without. Baselines, marked *, need no more "
    "than the components' own scores; a predictor that does not beat them proves nothing."
)


def _coverage_text(group: dict[str, Any]) -> list[str]:
    """What the intervals of the chosen predictor hold, if there are any."""
    entry = group["predictors"].get(CHOSEN, {}).get(INTERVALS)
    if entry is None or entry["value"] is None:
        return []
    text = (
        f"The 90 % intervals of the chosen predictor hold {entry['value']:.0%} of the reference models that are held "
        f"out [{entry['low']:.0%}, {entry['high']:.0%}]."
    )
    return ["\n" + paragraph(text)]


def _beside_trained(agreement: Agreement, kind: str, group: dict[str, Any]) -> str:
    """All predictors on the mixtures that a proxy was scored for which is not there for all."""
    label = agreement.predictors[kind]["label"].removeprefix("proxy: ")
    title = paragraph(f"The same on the n = {group['n']} mixtures that have {label}")
    return f"\n{title}\n{_predictor_table(agreement, group)}"


def _predictor_table(agreement: Agreement, group: dict[str, Any]) -> str:
    rows = [
        [
            agreement.predictors[name]["label"] + (" *" if agreement.predictors[name]["baseline"] else ""),
            *(_with_interval(entry[statistic], statistic) for statistic in _SHOWN),
            _error_text(agreement.predictors[name]["error"]),
        ]
        for name, entry in group["predictors"].items()
    ]
    return text_table(["predictor", *_TITLES.values(), "error"], rows)


def _error_text(error: float | None) -> str:
    return "-" if error is None else f"{error:.3f}"


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


def _shown_targets(agreement: Agreement) -> list[str]:
    """The targets that have a line; of many, the study's and those that are not a single domain."""
    levels = {row["target"]: row["level"] for row in agreement.content["agreement"]}
    if len(levels) <= _MOST_TARGETS:
        return list(levels)
    return [name for name, level in levels.items() if level != DOMAIN or name == agreement.study_target]


def _group_table(agreement: Agreement, title: str, groups: list[tuple[str, dict[str, Any]]], below: str = "") -> str:
    """A row per group: the statistics of the first predictor, and which is best."""
    rows = []
    for name, group in groups:
        first = next(iter(group["predictors"].values()))
        numbers = [number_text(first[statistic]["value"], statistic) for statistic in _SHOWN]
        rows.append([name, str(group["n"]), *numbers, best_text(agreement, group)])
    headers = [title, "n", *_TITLES.values(), "best by decision accuracy"]
    return text_table(headers, rows, left=(0, len(headers) - 1), below=below)


def best_text(agreement: Agreement, group: dict[str, Any]) -> str:
    """The best predictors by decision accuracy, with it."""
    best = best_predictors(group)
    if not best:
        return "-"
    labels = " = ".join(agreement.predictors[name]["label"].removeprefix("proxy: ") for name in best)
    return f"{labels} ({group['predictors'][best[0]]['decision_accuracy']['value']:.2f})"
