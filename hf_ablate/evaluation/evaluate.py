"""`hf-ablate evaluate`: score models and proxies on evaluation text."""

import logging
from pathlib import Path

from ..errors import InputError
from ..manifest import MANIFEST, fingerprint, is_finished, read_manifest, write_manifest
from ..merging.arguments import MergeArguments
from ..merging.merge import chosen_mixtures
from ..mixtures.mixture import Mixture
from .arguments import EvaluateArguments
from .export import export_rows
from .external import external_models
from .groups import Group, load_pool, make_group, tokenise_sources
from .loading import default_device
from .locations import find_sources
from .models import ScoredModel, study_models
from .race_mixtures import race_mixtures
from .rows import read_current_rows, read_rows, rows_digest, select_rows
from .sources import Source
from .sweep import Sweep, score_models
from .tables import macro_averages, print_results


logger = logging.getLogger(__name__)


def run(arguments: EvaluateArguments) -> None:
    """Score what is not scored yet; does nothing when all is."""
    if arguments.dry_run:
        print(_plan(arguments))
        return
    if arguments.top is not None:
        race_mixtures(arguments)
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
    if arguments.top is not None:
        return (
            f"evaluate: race {kinds.count('merged')} mixtures for the {arguments.top} best on split {arguments.split}"
        )
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    return f"evaluate: {counts} on split {arguments.split}"


def _score(arguments: EvaluateArguments, group: Group, sources: list[Source]) -> None:
    sweep = Sweep(
        arguments.scores_dir,
        tokenise_sources(group, sources),
        group.measurement,
        default_device(),
        arguments.per_document,
    )
    score_models(sweep, group.models, lambda: load_pool(group, arguments.dtype))


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
