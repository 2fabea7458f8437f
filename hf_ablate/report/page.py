"""The study's page as HTML, section by section."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from ..durations import duration_text
from ..palette import palette_css
from ..ranking.agreement import MINIMUM_MIXTURES
from ..ranking.agreement_tables import best_text, number_text
from ..ranking.measured import best_predictors
from ..ranking.tables import (
    BUDGETS,
    Z90,
    answered_by,
    score_text,
    short_name,
    target_text,
    ties_text,
)
from ..run_folder import TRAINED_KINDS, RunFolder
from ..search.regret_curve import FEWEST_OF_CURVE
from .cost import cost_rows
from .findings import Findings
from .headline import answer, savings, trust
from .heat import heat_colour
from .ranked_study import RankedStudy
from .what_next import what_next


TEMPLATES = "templates"  # the folder, beside this file
# Each section's id, which is also the name of its template, and its title. One whose template gives nothing is left
# out, of the page and of its contents.
_SECTIONS = {
    "ranking": "Ranking",
    "best": "The best mixture of all",
    "next": "What to run next",
    "effects": "Effects of units",
    "agreement": "Agreement with reference models",
    "health": "Merge health",
    "cost": "Cost",
    "making": "How the models were made",
    "method": "Method",
}
_MOST_ROWS = 20  # of a table that is shown whole


class Picture(NamedTuple):
    """What the page shows of a figure.

    Args:
        svg (`str`): the figure.
        caption (`str`): what it shows.
        alternative (`str`): for who does not see it.
    """

    svg: str
    caption: str
    alternative: str


class Section(NamedTuple):
    """A section of the page.

    Args:
        id (`str`): what links to it name.
        title (`str`): its heading.
        html (`str`): what is under the heading.
    """

    id: str
    title: str
    html: str


# section of the page → name of a figure → what is shown of it
Pictures = dict[str, dict[str, Picture]]


def render(study: RankedStudy, findings: Findings, pictures: Pictures, title: str, top: int) -> str:
    """The page as HTML.

    Args:
        study ([`RankedStudy`]): what the page reports.
        findings ([`Findings`]): what it says beyond the ranking.
        pictures (`dict[str, dict[str, Picture]]`): as [`~hf_ablate.report.write.draw_figures`] gives.
        title (`str`): of the page.
        top (`int`): mixtures in the table of the ranking.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__, TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "score": score_text,
        "statistic": number_text,
        "short": short_name,
        "breakable": _breakable,
        "target": target_text,
        "tokens": _tokens_text,
        "flops": lambda value: f"{value:.2e}" if value else "-",
        "duration": duration_text,
    }
    facts = _facts(study, findings, pictures, title, top)
    sections = [
        Section(name, heading, environment.get_template(f"{name}.html.j2").render(facts))
        for name, heading in _SECTIONS.items()
    ]
    shown = [section for section in sections if section.html.strip()]
    return environment.get_template("page.html.j2").render(facts, sections=shown, palette=palette_css())


def _facts(study: RankedStudy, findings: Findings, pictures: Pictures, title: str, top: int) -> dict[str, Any]:
    """What the templates know."""
    ranking, agreement = study.ranking, study.agreement
    return {
        "study": study,
        "steps": findings.steps,
        "health": findings.health,
        "what_next": what_next(study, findings),
        "fewest_of_curve": FEWEST_OF_CURVE,
        "most_units": findings.settings.most_units,
        "ranking": ranking,
        "agreement": agreement,
        "pictures": pictures,
        "title": title,
        "top": top,
        "explorer": RunFolder(Path()).explorer.name,
        "unit": ranking.unit_of_measure,
        "group": agreement.group(),
        "columns": study.columns,
        "checked": agreement.references > 0,
        "answer": answer(study),
        "trust": trust(study),
        "savings": savings(study),
        "costs": cost_rows(study),
        "budget": BUDGETS.get(ranking.reference_budget, ranking.reference_budget),
        "best": best_predictors(agreement.group()),
        "sizes": {size: own for size, own in agreement.targets[study.target].items() if own["n"] >= MINIMUM_MIXTURES},
        "best_text": best_text,
        "folds": _folds,
        "answered_by": answered_by(ranking),
        "study_target": study.target,
        "tasks": study.target_names("task"),
        "ties_text": ties_text(ranking, study.target),
        "z90": Z90,
        "heat": heat_colour,
        "rows": _ranking_rows(study, top),
        "settings": _common_settings(study),
    }


def _breakable(name: str) -> Markup:
    """A name that a line may end in, after a character that joins words, where it would make a column too wide."""
    return Markup(re.sub(r"(?<=[_/=:])(?=[^_/=:])", "<wbr>", escape(name)))


def _folds(names: Iterable[str], first: Sequence[str] = (), what: str = "units") -> list[tuple[str, list[str]]]:
    """The rows of a table that are shown, and those of a long one that open on a click: (what to click on, names)."""
    names = list(names)
    if len(names) <= _MOST_ROWS:
        return [("", names)]
    shown = [name for name in names if name in first] or names[:_MOST_ROWS]
    rest = [name for name in names if name not in shown]
    return [("", shown), (f"The other {len(rest)} {what}", rest)]


def _ranking_rows(study: RankedStudy, top: int) -> list[dict[str, Any]]:
    """The best mixtures with their scores on the columns of the table."""
    scores = {
        name: {entry["mixture_id"]: entry["score"] for entry in study.ranking.entries(name)} for name in study.columns
    }
    return [
        {**entry, "scores": {name: values.get(entry["mixture_id"]) for name, values in scores.items()}}
        for entry in study.ranking.entries()[:top]
    ]


def _common_settings(study: RankedStudy) -> dict[str, dict[str, Any]]:
    """Hyper-parameters that all models of a kind share: kind → name → value."""
    common = {}
    for kind in TRAINED_KINDS:
        arguments = [manifest.get("arguments", {}) for manifest in study.of_kind(kind).values()]
        if arguments:
            first = arguments[0]
            common[kind] = {
                name: value
                for name, value in first.items()
                if value not in (None, {}, [], "") and all(other.get(name) == value for other in arguments)
                and not isinstance(value, dict) and name != "model"
            }  # fmt: skip
    return common


def _tokens_text(tokens: float | None) -> str:
    """A number of tokens for people: `1.02 M`."""
    if tokens is None:
        return "-"
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if tokens >= size:
            return f"{tokens / size:.3g} {letter}"
    return f"{tokens:.0f}"
