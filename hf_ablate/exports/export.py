"""`hf-ablate export`: a mixture as the configuration of a trainer."""

import dataclasses
import logging
import sys
from pathlib import Path

from ..errors import InputError
from ..manifest import read_manifest, write_text
from ..mixtures.choose import choose_mixture, units_of_study, weights_of_text
from ..mixtures.mixture import Mixture
from ..mixtures.probes import read_coefficients, read_probes
from ..mixtures.representation import check_represented
from ..mixtures.units import CorpusUnits
from ..run_folder import RunFolder
from .arguments import ExportArguments
from .budgets import read_budgets, repetition_notes
from .export_input import ExportInput
from .formats import MERGEKIT, check_options, find_format, read_export_input


logger = logging.getLogger(__name__)


def run(arguments: ExportArguments) -> None:
    """Print the file or write it; what it cannot express goes to stderr."""
    text = export(arguments)
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        logger.info("export: %s", arguments.output)


def export(arguments: ExportArguments) -> str:
    """The file for a mixture, which is written where an output is given; what it cannot express is logged.

    Args:
        arguments ([`ExportArguments`]): the study, the mixture, the format and its options.

    Raises:
        `InputError`: for an unknown format, mixture or unit, options that the format does not take, a file that is
            there, and units that are repeated too often.
    """
    make = find_format(arguments.to)
    check_options(arguments.to, arguments.options)
    _check_output(arguments)
    run_dir, units = arguments.run_dir, units_of_study(arguments.run_dir)
    if not units.names:
        raise InputError(f"{run_dir} is not the run folder of a study (looked for {run_dir.resolve()})")
    mixture = choose_mixture(run_dir, arguments.mixture)
    mixture.check_units(units.names)
    budgets, weights = read_budgets(arguments, mixture), mixture.weights
    given = dataclasses.replace(read_export_input(run_dir, mixture.units, arguments.options), budgets=budgets)
    _check_data(arguments, given)
    if arguments.to == MERGEKIT:
        weights = _coefficients(run_dir, mixture).weights
        models = {name: RunFolder(run_dir).component(name).as_posix() for name in weights}
        given = dataclasses.replace(given, models=models)
    export_format = make(given)
    text = export_format.text(weights)
    for note in (
        *_spelled_out(arguments.mixture, units),
        *export_format.notes_of(weights),
        *repetition_notes(budgets),
    ):
        logger.warning("export: %s", note)
    if arguments.output is not None:
        write_text(arguments.output, text)
    return text


def _check_output(arguments: ExportArguments) -> None:
    output = arguments.output
    if output is not None and output.is_dir():
        raise InputError(f"output {output} is a folder; name a file in it")
    if output is not None and output.exists() and not arguments.overwrite:
        raise InputError(f"output {output} already exists; give another name, or --overwrite to replace it")
    if output is not None and not next(folder for folder in output.parents if folder.exists()).is_dir():
        raise InputError(f"output {output} cannot be written: what should hold it is not a folder; give another place")
    if output is None and arguments.overwrite:
        raise InputError("overwrite replaces the file that output names; give --output FILE too")


def _check_data(arguments: ExportArguments, given: ExportInput) -> None:
    """Refuse to read what the study has of no unit."""
    if arguments.data == "units" and not any(text.blocks for text in given.texts):
        raise InputError(f"{arguments.run_dir} has no token blocks of these units; leave out --data")
    if arguments.data == "hub" and not any(text.hub for text in given.texts):
        raise InputError(
            "the units are not recorded to be whole configs of data sets on the Hub, so --data hub cannot name them; "
            "leave it out"
        )


def _coefficients(run_dir: Path, mixture: Mixture) -> Mixture:
    """The components that stand for a mixture; they are finished."""
    check_represented([mixture], read_probes(run_dir))
    coefficients = read_coefficients(run_dir, mixture)
    for name in coefficients.units:
        read_manifest(RunFolder(run_dir).component(name))
    return coefficients


def _spelled_out(asked: str, units: CorpusUnits) -> list[str]:
    """Notes on groups and patterns that the mixture was given by: exports list units, side by side."""
    names = weights_of_text(asked) if asked.lstrip().startswith("{") else {}
    return [
        f"{name} is written out as its units, in equal parts: {', '.join(units.named(name))}."
        for name in names
        if name not in units.names
    ]
