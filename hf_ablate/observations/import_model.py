"""A model that a user trained, put into a study as a reference model or a component."""

import json
import logging
import math
import shutil
from pathlib import Path
from typing import Any

from ..corpus.description import CorpusDescription
from ..corpus.tokenizers import tokenizer_digest
from ..errors import InputError
from ..evaluation.models.loading import causal_config, load_tokenizer
from ..manifest import MANIFEST, find_manifest, write_manifest
from ..merging.components import check_architectures
from ..mixtures.enumerate import add_reference
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder, model_id
from ..saved_model import tensor_shapes, weights_digest
from .arguments import ImportArguments


logger = logging.getLogger(__name__)
# What a saved model and its tokenizer consist of; checkpoints and optimizer states stay where they are.
_PARTS = ("*.json", "*.safetensors", "pytorch_model*.bin", "*.model", "*.txt", "*.jinja", "*.py")


def import_model(arguments: ImportArguments) -> None:
    """Copy a model into the study, once it is known to fit; does nothing if it is there already.

    Raises:
        `InputError`: for a mixture of units that the study lacks, a tokenizer other than the corpus's, a component
            that cannot be averaged with the study's, and where another model has its place.
    """
    source, run = arguments.model, RunFolder(arguments.run_dir)
    corpus = CorpusDescription.read(arguments.run_dir)
    mixture = Mixture.of(arguments.mixture)
    mixture.check_units(list(corpus.units))
    model = _model_id(mixture, arguments.kind)
    _check(source, model, corpus, run)
    facts = _facts(arguments, model, mixture, corpus)
    folder = run.model(model)
    made = find_manifest(folder)
    if made and made["digest"] != facts["digest"]:
        raise InputError(f"{folder} holds another model; delete the folder first if {source} is to take its place")
    if made:
        logger.info("%s: unchanged, nothing to do", model)
    elif not arguments.dry_run:
        _install(source, folder, arguments.kind, facts)
    if arguments.kind == "reference" and not arguments.dry_run:
        add_reference(arguments.run_dir, mixture)
    _print(folder, facts, arguments.output_format)


def _model_id(mixture: Mixture, kind: str) -> str:
    if kind == "component" and len(mixture.units) > 1:
        raise InputError(f"a component is trained on one unit; the mixture has {len(mixture.units)}")
    if kind == "reference" and len(mixture.units) == 1:
        raise InputError(
            f"a model of one unit, {mixture.units[0]}, is its component: give --kind component, or a mixture of two "
            "units or more"
        )
    return model_id(kind, mixture.units[0] if kind == "component" else mixture.id)


def _check(source: Path, model: str, corpus: CorpusDescription, run: RunFolder) -> None:
    causal_config(source)
    if tokenizer_digest(load_tokenizer(source)) != corpus.tokenizer_digest:
        raise InputError(
            f"{source} has another tokenizer than the corpus ({run.tokenizer}), so its scores would be on other "
            "tokens; import models that were trained with the corpus's tokenizer"
        )
    others = [folder for folder in run.saved_models("seed", "component") if folder != run.model(model)]
    if model.startswith("component") and others:
        check_architectures({"": others[0], model: source})


def _facts(arguments: ImportArguments, model: str, mixture: Mixture, corpus: CorpusDescription) -> dict[str, Any]:
    """What the manifest records, as that of a model which was trained here."""
    run, shapes = RunFolder(arguments.run_dir), tensor_shapes(arguments.model)
    facts = {
        "model": model, "kind": arguments.kind, "mixture": mixture.weights, "digest": weights_digest(arguments.model),
        "tokenizer_digest": corpus.tokenizer_digest, "block_size": corpus.block_size, "tokens": arguments.tokens,
        "flops": None, "seconds": None, "blocks": {}, "parameters": sum(map(math.prod, shapes.values())),
    }  # fmt: skip
    if arguments.kind == "component":
        return facts | {"seed_digest": (find_manifest(run.seed) or {}).get("digest")}
    return facts | {"seed_digest": None, "reference_budget": arguments.reference_budget or _budget_of_others(run)}


def _budget_of_others(run: RunFolder) -> str:
    budgets = [find_manifest(folder).get("reference_budget") for folder in run.saved_models("reference")]
    return next(filter(None, budgets), "fixed")


def _install(source: Path, folder: Path, kind: str, facts: dict[str, Any]) -> None:
    staging = folder.with_name(f".{folder.name}.import")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for path in sorted({path for part in _PARTS for path in source.glob(part) if path.name != MANIFEST}):
        shutil.copy(path, staging)
    write_manifest(staging, "import", {"kind": kind}, {"model": facts["digest"]}, **facts)
    shutil.rmtree(folder, ignore_errors=True)
    staging.rename(folder)


def _print(folder: Path, facts: dict[str, Any], output_format: str) -> None:
    name = Mixture.of(facts["mixture"]).name
    if output_format == "json":
        print(json.dumps([{"model": facts["model"], "name": name, "digest": facts["digest"], "folder": str(folder)}]))
    else:
        print(f"{facts['model']} ({name}) is in {folder}")
