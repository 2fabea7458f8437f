"""The ranking and its agreement as plain text."""

from typing import Any

from ..mixtures.mixture import ID_EXPLAINED
from ..mixtures.ranked import MEAN, Ranking
from ..prediction.predictor import two_sided
from ..text_table import paragraph, text_table
from .agreement import MINIMUM_MIXTURES
from .measured import ALL, CHOSEN, INTERVALS, Agreement, best_predictors
from .targets import DOMAIN, POOLED, TASK, TASK_MEAN, WEIGHTED


_SHOWN = ("pearson", "spearman", "kendall", "decision_accuracy", "regret")
_TITLES = {
    "pearson": "Pearson",
    "spearman": "Spearman",
    "kendall": "Kendall",
    "decision_accuracy": "dec. acc.",
    "regret": "regret",
}
_MOST_DOMAINS = 8  # that have columns
_MOST_TARGETS = 40  # that all have a line
Z90 = two_sided(0.9)
BUDGETS = {
    "fixed": "fixed (every reference model saw the same number of tokens)",
    "union": "union (k units give k times the tokens)",
    "unknown": "unknown",
}


def ranking_table(ranking: Ranking, target: str, top: int) -> str:
    """The best mixtures on a target, their reference models' scores, and those on the domains of a mean.

    Args:
        ranking ([`Ranking`]): of a study.
        target (`str`): one of its targets.
        top (`int`): how many mixtures are shown.
    """
    entries = ranking.entries(target)
    domains = ranking.members.get(target, [])
    shown = domains if len(domains) <= _MOST_DOMAINS else []
    by_domain = {name: {entry["mixture_id"]: entry["score"] for entry in ranking.entries(name)} for name in shown}
    names = ranking.names()
    rows = [
        [
            str(entry["rank"]),
            names[entry["mixture_id"]],
            "=" if entry["tied"] else "",
            score_text(entry["score"]),
            score_text(entry["sd"] and Z90 * entry["sd"]),
            score_text(entry["reference"]),
            *(score_text(by_domain[name].get(entry["mixture_id"])) for name in shown),
        ]
        for entry in entries[:top]
    ]
    hidden = len(entries) - len(rows)
    rest = f"… and {hidden} more (--top shows more of them)" if hidden else ""
    headers = ["rank", "mixture", "tied", "predicted", "±", "reference", *map(short_name, shown)]
    lines = [
        paragraph(
            f"Ranking of {len(entries)} mixture{'s' * (len(entries) > 1)} by {ranking.unit_of(target)} "
            f"(lower is better) on {described_target(ranking, target)}{_split(ranking)}, as predicted by "
            f"{answered_by(ranking)}"
        ),
        "",
        text_table(headers, rows, left=(0, 1), best=0, below=rest),
    ]
    shortened = any(entry["mixture_id"] in row[1] for entry, row in zip(entries, rows, strict=False))
    explanation = paragraph(_EXPLANATION + (f" {ID_EXPLAINED}" if shortened else ""))
    mixed = ranking.targets[target]["mixed_units"]
    lines += ["", paragraph(mixed)] if mixed else []
    return "\n".join([*lines, "", paragraph(ties_text(ranking, target)), "", explanation])


def described_target(ranking: Ranking, target: str) -> str:
    """What mixtures are judged on, in words: `the mean of the 8 domains`.

    Args:
        ranking ([`Ranking`]): of a study.
        target (`str`): one of its targets.
    """
    level, count = ranking.targets[target]["level"], len(ranking.members.get(target, ()))
    if level in (DOMAIN, WEIGHTED):
        return target
    if level == TASK:
        return f"the task {short_name(target)}{_of_right_answers(ranking, target)}"
    if level == TASK_MEAN:
        return f"the mean of {count} task{'s' * (count > 1)}{_of_right_answers(ranking, target)}"
    if level == POOLED:
        return f"all text of {ranking.targets[target]['source']}, its {count} domains as one"
    of = "" if target == MEAN else f" of {target}"
    return f"the mean of the {count} domains{of}"


def _of_right_answers(ranking: Ranking, target: str) -> str:
    """Of what bits per byte are those of tasks."""
    return " (of the right answers)" if "bits per byte" in ranking.unit_of(target) else ""


# The words of the table, for who meets them first here.
_EXPLANATION = (
    "A mixture is made of units, the named parts of the corpus, in equal shares where no weights are given. "
    "predicted: what a model trained on it is expected to score, give or take ± in 9 of 10 cases; reference: the "
    "score of a model really trained on it, where there is one. A domain is one kind of evaluation text."
)


def answered_by(ranking: Ranking) -> str:
    """The predictor that answers, and why."""
    facts = ranking.ranked_by[ranking.answered_by]
    return f"{facts['label']} ({facts['description']}); {ranking.content['reason']}"


def _split(ranking: Ranking) -> str:
    return f", split {ranking.split}" if ranking.split else ""


def ties_text(ranking: Ranking, target: str) -> str:
    """How many mixtures cannot be told apart from the first, and what no difference below means anything.

    Args:
        ranking ([`Ranking`]): of a study.
        target (`str`): one of its targets.
    """
    entries = ranking.entries(target)
    tied, floor = sum(bool(entry["tied"]) for entry in entries), ranking.targets[target]["noise_floor"]
    if len(entries) == 1:
        return "There is no other mixture to compare it with."
    if tied > 1:
        text = f"The {tied} mixtures marked = cannot be told apart from the first."
    else:
        text = "The first mixture is better than all others."
    text += _predicted_proxies(ranking)
    if floor is None:
        return text
    source = {
        "repeats": "from repeats",
        "residuals": "half of what the predictor leaves unexplained, since no mixture was trained twice",
    }[ranking.content["noise_source"]]
    return f"{text} Noise floor: {score_text(floor)} {ranking.unit_of(target)} ({source}); smaller ones do not count."


def _predicted_proxies(ranking: Ranking) -> str:
    """Which proxies were not scored for every mixture, if any."""
    partly = ""
    for name, facts in ranking.ranked_by.items():
        if facts["scored"] is not None and facts["scored"] < len(ranking.mixtures):
            label = facts["label"][0].upper() + facts["label"][1:]
            are_predicted = len(ranking.entries(predictor=name)) > facts["scored"]
            partly += f" {label} were scored for {facts['scored']} of {len(ranking.mixtures)} mixtures"
            partly += "; those of the others are predicted from these." if are_predicted else "."
    return partly


def target_text(target: str) -> str:
    """What people read for a target: the mean of domains, or its name."""
    return "mean of domains" if target == MEAN else target


def short_name(target: str) -> str:
    """`in_domain/sympy` → `sympy`; of a group of units and a weighted target, all of its name."""
    is_whole = "=" in target.partition("/")[0] or " + " in target
    return target if is_whole else target_text(target).rpartition("/")[2]


def score_text(value: float | None) -> str:
    """Four decimals below 10, two below 1,000, else none; `-` for no score."""
    if value is None:
        return "-"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}" if abs(value) < 1000 else f"{value:,.0f}"


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
    """The targets that have a line; of many, the study's and those that are no single domain."""
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
