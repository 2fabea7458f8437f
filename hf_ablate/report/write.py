"""`hf-ablate report`: the study's page and its explorer, which open offline, and the page's figures."""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from ..durations import duration_text
from ..explorer.payload import explorer_payload
from ..explorer.write import explorer_digest, write_explorer
from ..manifest import (
    digest,
    digest_files,
    find_manifest,
    fingerprint,
    is_finished,
    read_manifest,
    remove_manifest,
    write_manifest,
    write_text,
)
from ..mixtures.ranked import MEAN
from ..ranking.agreement import MINIMUM_MIXTURES
from ..ranking.measured import best_predictors
from ..ranking.refit import fit_ranked
from ..ranking.tables import (
    BUDGETS,
    Z90,
    answered_by,
    best_text,
    number_text,
    score_text,
    short_name,
    target_text,
    ties_text,
)
from ..run_folder import TRAINED_KINDS, RunFolder
from .arguments import DEFAULTS, ReportArguments, ReportSettings
from .cost import cost_rows
from .headline import answer, savings, trust
from .heat import heat_colour
from .next_steps import NextSteps, find_next_steps
from .ranked_study import RankedStudy, model_folders, read_ranked_study


logger = logging.getLogger(__name__)
_MOST_ROWS = 20  # of a table that is shown whole
_TEMPLATES = ("page.html.j2", "page.css.j2")


class Picture(NamedTuple):
    """What the page shows of a figure."""

    svg: str
    caption: str


# section of the page → name of a figure → what is shown of it
Pictures = dict[str, dict[str, Picture]]


def run(arguments: ReportArguments) -> None:
    """Write the report, and print where the page is."""
    page = RunFolder(arguments.run_dir).page
    if arguments.dry_run:
        print(f"write the report of {arguments.run_dir} to {page}")
        return
    write_report(arguments.run_dir, arguments.settings)
    if arguments.output_format == "json":
        print(json.dumps({"report": str(page)}))
    else:
        print(f"report: {page}")


def write_report(run_dir: Path, settings: ReportSettings = DEFAULTS) -> Path:
    """Write `report/index.html`, its figures and `report/explorer.html`; does nothing when they are up to date.

    Args:
        run_dir (`Path`): of a ranked study.
        settings ([`ReportSettings`]): what the page shows.

    Returns:
        `Path`: the page.

    Raises:
        `InputError`: if the study has not been ranked, and for an unknown target or field.
    """
    run_folder = RunFolder(run_dir)
    folder, page = run_folder.report, run_folder.page
    shown, inputs = _identity(run_dir, settings)
    if is_finished(folder, fingerprint("report", shown, inputs)):
        logger.info("report: unchanged, nothing to do")
    else:
        study = read_ranked_study(run_dir, settings.targets, settings.colour_by)
        remove_manifest(folder)
        fitted = fit_ranked(run_dir)
        steps = find_next_steps(run_dir, study.ranking, fitted)
        pictures = draw_figures(study, steps, run_folder.figures)
        write_text(page, render(study, steps, pictures, shown["title"], settings.top))
        names = sorted(name for own in pictures.values() for name in own)
        write_explorer(explorer_payload(fitted, study.ranking, shown["title"]), run_folder.explorer)
        write_manifest(
            folder, "report", shown, inputs, figures=names, digest=digest_files([page, run_folder.explorer])
        )
    return page


def is_written(run_dir: Path, settings: ReportSettings) -> bool:
    """Whether the report is there and up to date.

    Args:
        run_dir (`Path`): of a ranked study.
        settings ([`ReportSettings`]): what the page shows.

    Raises:
        `InputError`: if the study has not been ranked.
    """
    return is_finished(RunFolder(run_dir).report, fingerprint("report", *_identity(run_dir, settings)))


def _identity(run_dir: Path, settings: ReportSettings) -> tuple[dict[str, Any], dict[str, str]]:
    run_folder = RunFolder(run_dir)
    return asdict(settings) | {"title": settings.title or run_dir.resolve().name}, {
        "ranking": read_manifest(run_folder.ranking)["digest"],
        "models": digest([read_manifest(models)["fingerprint"] for models in model_folders(run_dir)]),
        "corpus": (find_manifest(run_folder.corpus) or {"fingerprint": ""})["fingerprint"],
        "scoring": digest((find_manifest(run_folder.scores) or {}).get("cost")),
        "effects": (find_manifest(run_folder.effects) or {"fingerprint": ""})["fingerprint"],
        "templates": digest_files([Path(str(files(__package__) / name)) for name in _TEMPLATES]),
        "explorer": explorer_digest(),
    }


def draw_figures(study: RankedStudy, steps: NextSteps, folder: Path) -> Pictures:
    """Draw all figures, and save them with their numbers.

    Args:
        study ([`RankedStudy`]): what the page reports.
        steps ([`NextSteps`]): what it says beyond the ranking.
        folder (`Path`): for the files.

    Returns:
        `dict[str, dict[str, Picture]]`: section of the page → name → what the page shows.
    """
    from .drawing import save
    from .sections import drawings_of
    from .style import style

    with style():
        pictures = {
            section: {
                name: Picture(save(drawing, folder, name), drawing.caption) for name, drawing in own.items() if drawing
            }
            for section, own in drawings_of(study, steps).items()
        }
    for path in folder.iterdir():
        if not any(path.stem in own for own in pictures.values()):  # from an earlier ranking
            path.unlink()
    return pictures


def render(study: RankedStudy, steps: NextSteps, pictures: Pictures, title: str, top: int) -> str:
    """The page as HTML.

    Args:
        study ([`RankedStudy`]): what the page reports.
        steps ([`NextSteps`]): what it says beyond the ranking.
        pictures (`dict[str, dict[str, Picture]]`): as [`draw_figures`] gives.
        title (`str`): of the page.
        top (`int`): mixtures in the table of the ranking.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__, ""), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "score": score_text,
        "statistic": number_text,
        "short": short_name,
        "target": target_text,
        "tokens": _tokens_text,
        "flops": lambda value: f"{value:.2e}" if value else "-",
        "duration": duration_text,
    }
    return environment.get_template(_TEMPLATES[0]).render(
        study=study,
        steps=steps,
        ranking=study.ranking,
        agreement=study.agreement,
        pictures=pictures,
        title=title,
        top=top,
        answer=answer(study),
        trust=trust(study),
        savings=savings(study),
        costs=cost_rows(study),
        budget=BUDGETS.get(study.ranking.reference_budget, study.ranking.reference_budget),
        best=best_predictors(study.agreement.group()),
        sizes={size: own for size, own in study.agreement.targets[MEAN].items() if own["n"] >= MINIMUM_MIXTURES},
        best_text=best_text,
        folds=_folds,
        answered_by=answered_by(study.ranking),
        mean=MEAN,
        ties_text=ties_text(study.ranking, MEAN),
        z90=Z90,
        heat=heat_colour,
        rows=_ranking_rows(study, top),
        settings=_common_settings(study),
    )


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
