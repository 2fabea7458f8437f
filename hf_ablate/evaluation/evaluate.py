"""`hf-ablate evaluate`: score models and proxies on evaluation text."""

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..manifest import digest, fingerprint, is_finished, read_manifest, remove_manifest, write_json, write_manifest
from ..mixtures.choose import choose_mixtures
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import MERGE
from ..run_folder import RunFolder
from .arguments import EvaluateArguments
from .export import export_rows
from .models.external import external_models
from .models.scored_model import ScoredModel
from .models.study import hold_components, study_models
from .rows import read_current_rows, read_rows, rows_digest, select_rows
from .scoring.executors import run_here, run_with_ray
from .scoring.measurement import MeasurementOptions
from .scoring.processes import Processes, launched_processes
from .tables import means_of_domains, print_results
from .text.locations import find_sources
from .text.sources import Source


logger = logging.getLogger(__name__)
RACE_RESULT = "race.json"


def run(arguments: EvaluateArguments) -> None:
    """Score what has no scores yet; does nothing when everything has.

    Raises:
        `InputError`: for models, text and options that do not go together, and for scores that are not finite.
    """
    if arguments.dry_run:
        print(_plan(arguments))
        return
    processes = launched_processes()
    if arguments.top is not None and (processes.count > 1 or arguments.executor == "ray"):
        raise InputError("top works in one process: what it scores next depends on all scores so far")
    families = chosen_models(arguments)
    if arguments.tasks:
        _evaluate_tasks(arguments, families, processes)
        return
    sources = find_sources(arguments.data or [RunFolder(arguments.run_dir).corpus], arguments.split)
    if arguments.top is not None:
        _race(arguments, [model for models in families for model in models if model.is_merge], sources)
    else:
        _score_text(arguments, families, sources, processes)


def chosen_models(arguments: EvaluateArguments) -> list[list[ScoredModel]]:
    """The models that the arguments name, or all of the study's; those in one list are scored on the same tokens.

    Raises:
        `InputError`: if there are none, they cannot be scored, or two have one id.
    """
    families = [[model] for model in external_models(arguments.model)]
    if arguments.of_mixtures or not arguments.model:
        families.append(study_models(arguments.run_dir, arguments.proxy, _chosen_mixtures(arguments)))
    families = [hold_components(models, arguments.pool_format, arguments.run_dir) for models in families]
    by_id: dict[str, ScoredModel] = {}
    for model in (model for models in families for model in models):
        if model.id in by_id:
            raise InputError(
                f"two models are called {model.id!r}: {by_id[model.id].home} and {model.home}; rename a folder, or "
                "score them into different output folders"
            )
        by_id[model.id] = model
    return families


def _chosen_mixtures(arguments: EvaluateArguments) -> list[Mixture]:
    mixtures = choose_mixtures(arguments.run_dir, arguments.mixture) if arguments.mixture else []
    if arguments.weights is not None:
        mixtures.append(Mixture.of(arguments.weights))
    return list({mixture.id: mixture for mixture in mixtures}.values())


def _plan(arguments: EvaluateArguments) -> str:
    try:
        kinds = [model.kind for models in chosen_models(arguments) for model in models]
    except InputError as error:
        if arguments.model or arguments.of_mixtures:
            raise
        return f"evaluate: not before earlier stages have run ({error})"
    if arguments.top is not None:
        count = kinds.count(MERGE.kind)
        return f"evaluate: race {count} mixtures for the {arguments.top} best on split {arguments.split}"
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    on = f"tasks {', '.join(arguments.tasks)}" if arguments.tasks else f"split {arguments.split}"
    return f"evaluate: {counts} on {on}"


def _options(arguments: EvaluateArguments) -> MeasurementOptions:
    return MeasurementOptions(**{name: getattr(arguments, name) for name in vars(MeasurementOptions())})


def _evaluate_tasks(arguments: EvaluateArguments, families: list[list[ScoredModel]], processes: Processes) -> None:
    from .scoring.downstream import evaluate_tasks
    from .scoring.families import make_family

    evaluate_tasks(
        [make_family(models, _options(arguments)) for models in families],
        arguments.tasks, arguments.tasks_dir, arguments.scores_dir, processes, arguments.output_format,
    )  # fmt: skip


def _race(arguments: EvaluateArguments, merges: list[ScoredModel], sources: list[Source]) -> None:
    """Find and print the best mixtures; a race that was interrupted resumes, a finished one is only printed."""
    from .scoring.race import RaceOptions
    from .scoring.race_mixtures import print_race, race_mixtures

    if arguments.top > len(merges):
        raise InputError(f"top is {arguments.top}, but the study has {len(merges)} mixtures")
    names = ("top", "confidence", "first_documents", "split", "limit", "max_length", "dtype", "pool_format")
    settings = {name: getattr(arguments, name) for name in names}
    inputs = _inputs(merges, sources)
    folder = arguments.scores_dir
    if is_finished(folder, fingerprint("race", settings, inputs)):
        logger.info("race: unchanged, nothing to do")
    else:
        remove_manifest(folder)
        options = RaceOptions(arguments.top, arguments.confidence, arguments.first_documents)
        result = race_mixtures(merges, sources, _options(arguments), options, folder)
        write_json(folder / RACE_RESULT, result)
        write_manifest(folder, "race", settings, inputs, digest=digest(result))
    print_race(json.loads((folder / RACE_RESULT).read_text(encoding="utf-8")), arguments.output_format)


def _score_text(
    arguments: EvaluateArguments, families: list[list[ScoredModel]], sources: list[Source], processes: Processes
) -> None:
    models = [model for some in families for model in some]
    names = ("split", "limit", "max_length", "dtype", "per_document", "pool_format")
    settings = {name: getattr(arguments, name) for name in names}
    inputs = _inputs(models, sources)
    folder = arguments.scores_dir
    if is_finished(folder, fingerprint("evaluate", settings, inputs)):
        logger.info("scores: unchanged, nothing to do")
    else:
        from .scoring.families import make_family
        from .scoring.sweep import make_sweeps

        measured = [make_family(some, _options(arguments)) for some in families]
        prepare = partial(make_sweeps, folder, measured, sources, arguments.per_document)
        if processes.index == 0:
            remove_manifest(folder)
        if arguments.executor == "ray":
            run_with_ray(prepare, arguments.num_workers)
        else:
            run_here(prepare, processes)
        if processes.index == 0:
            measurements = {model.id: family.measurement.identity for family in measured for model in family.models}
            _finish(folder, settings, inputs, models, measurements)
    if processes.index:
        return
    rows = read_current_rows(folder)
    export_rows(folder / "export", rows, read_manifest(folder)["created"], arguments.export)
    print_results(rows, {model.id: model.name for model in models}, arguments.output_format)


def _inputs(models: list[ScoredModel], sources: list[Source]) -> dict[str, Any]:
    return {
        "data": {source.name: source.digest for source in sources},
        "models": {model.id: model.digest for model in models},
    }


def _finish(
    folder: Path, settings: dict, inputs: dict, models: list[ScoredModel], measurements: dict[str, dict]
) -> None:
    """Write the manifest: the measurement of the first model, and of each other model what differs from it."""
    common = measurements[models[0].id]
    described = {
        model.id: {
            "kind": model.kind,
            "digest": model.digest,
            "mixture": model.mixture and model.mixture.weights,
            **{name: value for name, value in measurements[model.id].items() if value != common[name]},
        }
        for model in models
    }
    measurement = common | {"data": inputs["data"]}
    rows = select_rows(read_rows(folder), described, measurement)
    write_manifest(
        folder, "evaluate", settings, inputs,
        models=described, measurement=measurement, macro=means_of_domains(rows), digest=rows_digest(rows),
    )  # fmt: skip
