"""`hf-ablate report`: the study's page and its explorer, which open offline, and the page's figures."""

import json
import logging
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..blas import one_blas_thread
from ..explorer.payload import explorer_payload
from ..explorer.write import explorer_digest, write_explorer
from ..exports.formats import explorer_formats
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
from ..ranking.refit import fit_ranked
from ..run_folder import RunFolder
from .alternative_text import alternative_text
from .arguments import DEFAULTS, ReportArguments, ReportSettings
from .findings import Findings
from .page import TEMPLATES, Picture, Pictures, render
from .ranked_study import RankedStudy, model_folders, read_ranked_study


logger = logging.getLogger(__name__)


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
    shown, inputs = _identity(run_dir, settings)
    if is_finished(run_folder.report, fingerprint("report", shown, inputs)):
        logger.info("report: unchanged, nothing to do")
    else:
        _write(run_dir, settings, shown, inputs)
    return run_folder.page


@one_blas_thread()
def _write(run_dir: Path, settings: ReportSettings, shown: dict[str, Any], inputs: dict[str, str]) -> None:
    run_folder = RunFolder(run_dir)
    study = read_ranked_study(run_dir, settings.targets, settings.colour_by)
    remove_manifest(run_folder.report)
    fitted = fit_ranked(run_dir)
    findings = Findings(run_dir, study.ranking, fitted, settings)
    pictures = draw_figures(study, findings, run_folder.figures)
    write_text(run_folder.page, render(study, findings, pictures, shown["title"], settings.top))
    names = sorted(name for own in pictures.values() for name in own)
    formats = explorer_formats(run_dir, fitted.evidence.units)
    write_explorer(explorer_payload(fitted, study.ranking, shown["title"], formats), run_folder.explorer)
    files = digest_files([run_folder.page, run_folder.explorer])
    write_manifest(run_folder.report, "report", shown, inputs, figures=names, digest=files)


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
        "templates": digest_files(sorted(Path(str(files(__package__) / TEMPLATES)).iterdir())),
        "explorer": explorer_digest(),
    }


def draw_figures(study: RankedStudy, findings: Findings, folder: Path) -> Pictures:
    """Draw all figures, and save them with their numbers.

    Args:
        study ([`RankedStudy`]): what the page reports.
        findings ([`Findings`]): what it says beyond the ranking.
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
                name: Picture(
                    save(drawing, folder, name), drawing.caption, alternative_text(drawing.caption, drawing.rows)
                )
                for name, drawing in own.items()
                if drawing
            }
            for section, own in drawings_of(study, findings).items()
        }
    for path in folder.iterdir():
        if not any(path.stem in own for own in pictures.values()):  # from an earlier ranking
            path.unlink()
    return pictures
