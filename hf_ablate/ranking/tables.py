"""The ranking as plain text."""

from ..mixtures.mixture import ID_EXPLAINED
from ..mixtures.ranked import MEAN, Ranking
from ..prediction.predictor import two_sided
from ..text_table import paragraph, text_table
from .targets import DOMAIN, POOLED, TASK, TASK_MEAN, WEIGHTED


_MOST_DOMAINS = 8  # that have columns
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
