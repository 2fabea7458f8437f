"""`hf-ablate evaluate`: score models and proxies on evaluation text."""

import logging
from functools import partial
from pathlib import Path

from ..errors import InputError
from ..manifest import MANIFEST, fingerprint, is_finished, read_manifest, write_manifest
from ..mixtures.choose import choose_mixtures
from ..mixtures.mixture import Mixture
from .arguments import EvaluateArguments
from .downstream import evaluate_tasks
from .executors import run_here, run_with_ray
from .export import export_rows
from .external import external_models
from .groups import Group, check_vocabulary, load_pool, make_group, tokenise_sources
from .loading import default_device
from .locations import find_sources
from .models import ScoredModel, hold_components, study_models
from .processes import Processes, launched_processes
from .race_mixtures import race_mixtures
from .rows import read_current_rows, read_rows, rows_digest, select_rows
from .sources import Source
from .sweep import Plan, Sweep
from .tables import macro_averages, print_results
from .tokens import TokenisedSource


logger = logging.getLogger(__name__)


def run(arguments: EvaluateArguments) -> None:
    """Score what is not scored yet; does nothing when all is."""
    if arguments.dry_run:
        print(_plan(arguments))
        return
    processes = launched_processes()
    if arguments.top is not None:
        if processes.count > 1 or arguments.executor == "ray":
            raise InputError("top works in one process: what it scores next depends on all scores so far")
        race_mixtures(arguments)
        return
    families = chosen_models(arguments)
    if arguments.tasks:
        evaluate_tasks(arguments, families, processes)
        return
    models = [model for family in families for model in family]
    sources = find_sources(arguments.data or [arguments.study / "corpus"], arguments.split)
    names = ("split", "limit", "max_length", "dtype", "per_document", "pool_format")
    settings = {name: getattr(arguments, name) for name in names}
    data = {source.name: source.digest for source in sources}
    inputs = {"data": data, "models": {model.id: model.digest for model in models}}
    folder = arguments.scores_dir
    if is_finished(folder, fingerprint("evaluate", settings, inputs)):
        logger.info("scores: unchanged, nothing to do")
    else:
        groups = [make_group(arguments, family) for family in families]
        prepare = partial(make_plans, arguments, groups, sources)
        if processes.index == 0:
            (folder / MANIFEST).unlink(missing_ok=True)
        if arguments.executor == "ray":
            run_with_ray(prepare, arguments.num_workers)
        else:
            run_here(prepare, processes)
        if processes.index == 0:
            _finish(folder, settings, inputs, groups)
    if processes.index:
        return
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
    families = [hold_components(family, arguments.pool_format, arguments.study) for family in families]
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
        mixtures += choose_mixtures(arguments.study, arguments.mixture)
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
    on = f"tasks {', '.join(arguments.tasks)}" if arguments.tasks else f"split {arguments.split}"
    return f"evaluate: {counts} on {on}"


def make_plans(
    arguments: EvaluateArguments, groups: list[Group], sources: list[Source], processes: Processes
) -> list[Plan]:
    """What one of several processes is to score, group by group."""
    tokenised: dict[str, list[TokenisedSource]] = {}
    plans = []
    for group in groups:
        digest = group.measurement.tokenizer_digest
        if digest not in tokenised:
            tokenised[digest] = tokenise_sources(group, sources)
        check_vocabulary(group, tokenised[digest])
        sweep = Sweep(
            arguments.scores_dir, tokenised[digest], group.measurement, default_device(), arguments.per_document,
            processes,
        )  # fmt: skip
        plans.append(Plan(sweep, group.models, partial(load_pool, group, arguments.dtype)))
    return plans


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
