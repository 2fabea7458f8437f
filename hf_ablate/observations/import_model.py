"""A model that a user trained, put into a study as a reference model or a component."""

import json
import logging
from pathlib import Path

from ..adoption.foreign_model import ForeignModel, check_foreign, is_in_place, put_in_place
from ..corpus.description import CorpusDescription
from ..errors import InputError
from ..manifest import find_manifest
from ..mixtures.enumerate import add_references
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder, model_id
from .arguments import ImportArguments


logger = logging.getLogger(__name__)


def import_model(arguments: ImportArguments) -> None:
    """Copy a model into the study, once it is known to fit; does nothing if it is there already.

    Raises:
        `InputError`: for a mixture of units that the study lacks, a tokenizer other than the corpus's, a model that
            cannot be averaged with the study's, and where another model has its place.
    """
    run, corpus = RunFolder(arguments.run_dir), CorpusDescription.read(arguments.run_dir)
    mixture = Mixture.of(arguments.mixture)
    mixture.check_units(list(corpus.units))
    model = ForeignModel(
        id=_model_id(mixture, arguments.kind),
        source=arguments.model,
        mixture=mixture,
        origin={"source": arguments.model.resolve().name},
        tokens=arguments.tokens,
        reference_budget=_reference_budget(arguments, run),
    )
    check_foreign([model], corpus, run)
    if is_in_place(model, run):
        logger.info("%s: unchanged, nothing to do", model.id)
    elif not arguments.dry_run:
        put_in_place(model, corpus, run)
    if arguments.kind == "reference" and not arguments.dry_run:
        add_references(arguments.run_dir, [mixture])
    _print(model, run.model(model.id), arguments.output_format)


def _model_id(mixture: Mixture, kind: str) -> str:
    if kind == "component" and len(mixture.units) > 1:
        raise InputError(f"a component is trained on one unit; the mixture has {len(mixture.units)}")
    if kind == "reference" and len(mixture.units) == 1:
        raise InputError(
            f"a model of one unit, {mixture.units[0]}, is its component: give --kind component, or a mixture of two "
            "units or more"
        )
    return model_id(kind, mixture.units[0] if kind == "component" else mixture.id)


def _reference_budget(arguments: ImportArguments, run: RunFolder) -> str | None:
    if arguments.kind != "reference" or arguments.reference_budget:
        return arguments.reference_budget
    budgets = [find_manifest(folder).get("reference_budget") for folder in run.saved_models("reference")]
    return next(filter(None, budgets), "fixed")


def _print(model: ForeignModel, folder: Path, output_format: str) -> None:
    if output_format == "json":
        row = {"model": model.id, "name": model.mixture.name, "digest": model.digest, "folder": str(folder)}
        print(json.dumps([row]))
    else:
        print(f"{model.id} ({model.mixture.name}) is in {folder}")
