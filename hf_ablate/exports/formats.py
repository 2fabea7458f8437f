"""The formats that mixtures are exported to, by name; for the explorer's page as data."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError, unknown_name
from ..manifest import has_manifest
from ..mixtures.probes import are_single_units, read_probes
from ..run_folder import RunFolder
from .export_input import ExportInput, ExportOptions
from .hugging_face import datasets_format, trl_format
from .merges import mergekit_format
from .python_trainers import litgpt_format, torchtitan_format
from .tables import csv_format, json_format, yaml_format
from .template import ExportFormat
from .trainers import megatron_format, mosaic_format, nanotron_format, olmo_core_format
from .unit_text import unit_texts


MERGEKIT = "mergekit"
FORMATS: dict[str, Callable[[ExportInput], ExportFormat]] = {
    "yaml": yaml_format,
    "datasets": datasets_format,
    "trl": trl_format,
    MERGEKIT: mergekit_format,
    "torchtitan": torchtitan_format,
    "nanotron": nanotron_format,
    "olmo-core": olmo_core_format,
    "megatron": megatron_format,
    "litgpt": litgpt_format,
    "mosaic-streaming": mosaic_format,
    "csv": csv_format,
    "json": json_format,
}


# Option → the formats that have a place for it.
_READ_TEXT = ("datasets", "trl", "torchtitan", "nanotron", "olmo-core", "megatron", "litgpt", "mosaic-streaming")
_TAKEN_BY = {
    "data": ("datasets", "trl"),
    "data_dir": _READ_TEXT,
    "random_seed": ("datasets", "torchtitan", "nanotron", "litgpt"),
    "stopping_strategy": ("datasets",),
}


def check_options(name: str, options: ExportOptions) -> None:
    """Refuse an option that a format has no place for.

    Args:
        name (`str`): of the format.
        options ([`ExportOptions`]): what is asked for.

    Raises:
        `InputError`: names the formats that take it.
    """
    for option, formats in _TAKEN_BY.items():
        if name not in formats and getattr(options, option) != getattr(ExportOptions(), option):
            raise InputError(f"{option} is for {', '.join(formats)}; {name} has no place for it")


def find_format(name: str) -> Callable[[ExportInput], ExportFormat]:
    """What makes the format of this name.

    Raises:
        `InputError`: if there is none, with the nearest name.
    """
    if name not in FORMATS:
        raise unknown_name("format", name, list(FORMATS))
    return FORMATS[name]


def read_export_input(
    run_dir: Path, units: Sequence[str], options: ExportOptions | None = None, place: Path | None = None
) -> ExportInput:
    """What the formats are made of.

    Args:
        run_dir (`Path`): the study's run folder.
        units (`Sequence[str]`): that mixtures may have.
        options ([`ExportOptions`]): what is asked for.
        place (`Path`, *optional*): what paths begin with; default: the run folder as it was given.
    """
    place = place or run_dir
    texts = tuple(unit_texts(run_dir, units, place))
    finished = {
        unit: RunFolder(place).component(unit) for unit in units if has_manifest(RunFolder(run_dir).component(unit))
    }
    models = {unit: folder.as_posix() for unit, folder in finished.items()}
    return ExportInput(run_dir.resolve().name, texts, options or ExportOptions(), models=models)


def explorer_formats(run_dir: Path, units: Sequence[str]) -> dict[str, dict[str, Any]]:
    """All formats of a study as data that js/exports.js of the explorer renders, by name.

    Paths begin with the run folder as it was given or, since a page may be shared, with its name where that was an
    absolute path.

    Args:
        run_dir (`Path`): the study's run folder.
        units (`Sequence[str]`): in the order in which the page has their weights.
    """
    given = read_export_input(run_dir, sorted(units), place=_shared_place(run_dir))
    can_merge = len(given.models) == len(units) and are_single_units(read_probes(run_dir))
    return {name: make(given).as_json(units) for name, make in FORMATS.items() if name != MERGEKIT or can_merge}


def _shared_place(run_dir: Path) -> Path:
    """A run folder as seen from the folder with it, or with the run folder that it shares models and corpus with."""
    if not run_dir.is_absolute():
        return run_dir
    outermost = RunFolder(run_dir)
    while outermost.around is not None:
        outermost = outermost.around
    return run_dir.relative_to(outermost.path.parent)
