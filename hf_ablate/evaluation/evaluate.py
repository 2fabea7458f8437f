"""`hf-ablate evaluate`: score models and proxies on evaluation text."""

import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from ..errors import InputError
from ..manifest import MANIFEST, fingerprint, is_finished, read_manifest, write_manifest
from ..merging.arguments import MergeArguments
from ..merging.merge import chosen_mixtures
from ..merging.resident import ResidentPool
from ..mixtures.mixture import Mixture
from .arguments import EvaluateArguments
from .export import export_rows
from .external import external_models
from .loading import default_device, load_tokenizer, vocabulary_size, window_length
from .locations import find_sources
from .models import ScoredModel, study_models
from .rows import read_current_rows, read_rows, rows_digest, select_rows
from .sources import Source
from .sweep import Measurement, Sweep, score_models
from .tables import macro_averages, print_results
from .tokens import TokenisedSource, default_cache, digest_of_tokenizer, tokenise


logger = logging.getLogger(__name__)


def run(arguments: EvaluateArguments) -> None:
    """Score what is not scored yet; does nothing when all is."""
    if arguments.dry_run:
        print(_plan(arguments))
        return
    families = chosen_models(arguments)
    models = [model for family in families for model in family]
    sources = find_sources(arguments.data or [arguments.study / "corpus"], arguments.split)
    settings = {name: getattr(arguments, name) for name in ("split", "limit", "max_length", "dtype", "per_document")}
    data = {source.name: source.digest for source in sources}
    inputs = {"data": data, "models": {model.id: model.digest for model in models}}
    folder = arguments.scores_dir
    if is_finished(folder, fingerprint("evaluate", settings, inputs)):
        logger.info("scores: unchanged, nothing to do")
    else:
        (folder / MANIFEST).unlink(missing_ok=True)
        groups = [make_group(arguments, family) for family in families]
        for group in groups:
            _score(arguments, group, sources)
        _finish(folder, settings, inputs, groups)
    rows = read_current_rows(folder)
    export_rows(folder / "export", rows, read_manifest(folder)["created"], arguments.export)
    print_results(rows, {model.id: model.name for model in models}, arguments.output_format)


def chosen_models(arguments: EvaluateArguments) -> list[list[ScoredModel]]:
    """The models that the arguments name, or all of the study's; those in one list are scored on the same tokens.

    Raises:
        `InputError`: if there are none, they cannot be scored, or two have one id.
    """
    families = [[model] for model in external_models(arguments.model)]
    if arguments.of_mixtures or not arguments.model:
        families.append(study_models(arguments.study, arguments.proxy, _chosen_mixtures(arguments)))
    by_id: dict[str, ScoredModel] = {}
    for model in (model for family in families for model in family):
        if model.id in by_id:
            raise InputError(
                f"two models are called {model.id!r}: {by_id[model.id].home} and {model.home}; rename a folder, or "
                "score them into different output folders"
            )
        by_id[model.id] = model
    return families


def _chosen_mixtures(arguments: EvaluateArguments) -> list[Mixture]:
    mixtures = []
    if arguments.mixture:
        mixtures += chosen_mixtures(MergeArguments(run_dir=arguments.study, mixture=arguments.mixture))
    if arguments.weights is not None:
        mixtures.append(Mixture.of(arguments.weights))
    return list({mixture.id: mixture for mixture in mixtures}.values())


def _plan(arguments: EvaluateArguments) -> str:
    try:
        kinds = [model.kind for family in chosen_models(arguments) for model in family]
    except InputError as error:
        if arguments.model or arguments.of_mixtures:
            raise
        return f"evaluate: not before earlier stages have run ({error})"
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    return f"evaluate: {counts} on split {arguments.split}"


@dataclass(frozen=True)
class Group:
    """Models that are scored on the same tokens, in windows of the same length."""

    measurement: Measurement
    tokenizer: PreTrainedTokenizerBase
    models: list[ScoredModel]


def make_group(arguments: EvaluateArguments, models: list[ScoredModel]) -> Group:
    """How these models are scored: with the tokenizer and window length of the first."""
    first = models[0]
    tokenizer = load_tokenizer(first.home)
    measurement = Measurement(
        split=arguments.split,
        tokenizer_digest=first.tokenizer_digest or digest_of_tokenizer(tokenizer),
        max_length=window_length(first.home, arguments.max_length),
        limit=arguments.limit,
        dtype=arguments.dtype,
        batch_tokens=arguments.batch_tokens,
    )
    return Group(measurement, tokenizer, models)


def tokenise_sources(group: Group, sources: list[Source]) -> list[TokenisedSource]:
    """The sources on the group's tokens; `InputError` if its models do not know all of these."""
    measurement, cache = group.measurement, default_cache()
    known = vocabulary_size(group.models[0].home)
    found = []
    for source in sources:
        found.append(tokenise(source, group.tokenizer, measurement.tokenizer_digest, measurement.limit, cache))
        highest = int(found[-1].stream.tokens.max())
        if highest >= known:
            raise InputError(
                f"the tokenizer in {group.models[0].home} gives token {highest} on source {source.name!r}, and the "
                f"model beside it knows {known} tokens; put the tokenizer that it was trained with there"
            )
    return found


def _score(arguments: EvaluateArguments, group: Group, sources: list[Source]) -> None:
    sweep = Sweep(
        arguments.scores_dir,
        tokenise_sources(group, sources),
        group.measurement,
        default_device(),
        arguments.per_document,
    )
    score_models(sweep, group.models, lambda: load_pool(group, arguments.dtype))


def load_pool(group: Group, dtype: str) -> ResidentPool:
    """The components of the group's merges."""
    folders = {unit: folder for model in group.models for unit, folder in model.components.items()}
    return ResidentPool(folders, getattr(torch, dtype), default_device())


def _finish(folder: Path, settings: dict, inputs: dict, groups: list[Group]) -> None:
    common = groups[0].measurement.facts
    models = {}
    for group in groups:
        own = {name: value for name, value in group.measurement.facts.items() if value != common[name]}
        for model in group.models:
            models[model.id] = {
                "kind": model.kind,
                "digest": model.digest,
                "mixture": model.mixture and model.mixture.weights,
                **own,
            }
    measurement = common | {"data": inputs["data"]}
    rows = select_rows(read_rows(folder), models, measurement)
    write_manifest(
        folder, "evaluate", settings, inputs,
        models=models, measurement=measurement, macro=macro_averages(rows), digest=rows_digest(rows),
    )  # fmt: skip
