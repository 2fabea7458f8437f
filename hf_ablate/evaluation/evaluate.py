"""`hf-ablate evaluate`: score models and proxies on evaluation text."""

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..manifest import digest, read_manifest, remove_manifest, write_manifest, write_text
from ..mixtures.grouping import MergeBy
from ..records import records_text
from .arguments import EvaluateArguments
from .dry_run import print_plan
from .export import export_rows
from .models.chosen import check_inside, chosen_models, race_candidates
from .models.scored_model import ScoredModel
from .row_blocks import RowBlock
from .row_files import (
    ROWS,
    append_blocks,
    blocks_digest,
    read_blocks,
    read_current_blocks,
    read_known_blocks,
    select_blocks,
)
from .scored import inputs_of, is_raced, is_scored, race_settings_of, settings_of
from .scoring.cost import costs_by_kind, read_costs
from .scoring.executors import run_here, run_with_ray
from .scoring.processes import ALONE, Processes, launched_processes
from .tables import means_of_domains, print_results
from .text.locations import sources_of
from .text.sources import Source


logger = logging.getLogger(__name__)
RACE_RESULT = "race.json"


def run(arguments: EvaluateArguments) -> None:
    """Score what has no scores yet; does nothing when everything has.

    Raises:
        `InputError`: for models, text and options that do not go together, and for scores that are not finite.
    """
    if arguments.dry_run:
        print_plan(arguments)
        return
    processes = launched_processes()
    if arguments.top is not None and processes.count > 1:
        raise InputError("top works in one process: what it scores next depends on all scores so far")
    families = chosen_models(arguments)
    check_inside(arguments, families)
    if arguments.top is not None:
        sources = sources_of(arguments.run_dir, arguments.data, arguments.split)
        _race(arguments, race_candidates(arguments, families), sources)
        return
    if arguments.tasks:
        _check_tasks(arguments)
    blocks = _score_text(arguments, families, processes) if arguments.scores_text else []
    tasks = _evaluate_tasks(arguments, families, processes) if arguments.tasks else []
    if processes.index == 0:
        print_results(blocks, tasks, arguments.output_format)


def _check_tasks(arguments: EvaluateArguments) -> None:
    """Find a mistake in tasks before text is scored."""
    from .scoring.downstream import known_tasks

    known_tasks(arguments.tasks, arguments.tasks_dir)


def _evaluate_tasks(
    arguments: EvaluateArguments, families: list[list[ScoredModel]], processes: Processes
) -> list[dict[str, Any]]:
    from .scoring.downstream import evaluate_tasks
    from .scoring.families import make_family

    return evaluate_tasks(
        [make_family(models, arguments.measurement) for models in families],
        arguments.tasks, arguments.tasks_dir, arguments.scores_dir, processes,
    )  # fmt: skip


def _race(arguments: EvaluateArguments, merges: list[ScoredModel], sources: list[Source]) -> None:
    """Find and print the best mixtures; a race that was interrupted resumes, a finished one is only printed."""
    from .scoring.race import RaceOptions
    from .scoring.race_mixtures import print_race, race_mixtures

    folder = arguments.scores_dir
    if is_raced(arguments, merges, sources):
        logger.info("race: unchanged, nothing to do")
    else:
        remove_manifest(folder)
        options = RaceOptions(arguments.top, arguments.confidence, arguments.first_windows)
        result = race_mixtures(merges, sources, arguments.measurement, options, folder)
        write_text(folder / RACE_RESULT, records_text(result) + "\n")
        settings, inputs = race_settings_of(arguments), inputs_of(merges, sources)
        write_manifest(folder, "race", settings, inputs, digest=digest(result))
    print_race(json.loads((folder / RACE_RESULT).read_text(encoding="utf-8")), arguments.output_format)


def _score_text(
    arguments: EvaluateArguments, families: list[list[ScoredModel]], processes: Processes
) -> list[RowBlock]:
    """Score the text that is not scored yet; the rows of all, which the first process alone has."""
    sources = sources_of(arguments.run_dir, arguments.data, arguments.split)
    models = [model for some in families for model in some]
    folder = arguments.scores_dir
    if is_scored(arguments, models, sources):
        logger.info("scores: unchanged, nothing to do")
    else:
        from .scoring.families import make_family
        from .scoring.sweep import make_sweeps

        measured = [make_family(some, arguments.measurement) for some in families]
        prepare = partial(make_sweeps, folder, measured, sources, arguments.per_document)
        if processes.index == 0:
            remove_manifest(folder)
        if arguments.executor == "ray":
            run_with_ray(prepare, arguments.num_workers, arguments.ray_address)
        else:
            run_here(prepare, processes)
        if processes.index == 0:
            measurements = {model.id: family.measurement.identity for family in measured for model in family.models}
            merge_by = MergeBy.read(
                arguments.run_dir, arguments.merge_by, [model.mixture for model in models if model.pool]
            )
            _finish(folder, settings_of(arguments), inputs_of(models, sources), models, measurements, merge_by)
    if processes.index:
        return []
    blocks = read_current_blocks(folder)
    if arguments.export:
        rows = [row for block in blocks for row in block]
        export_rows(folder / "export", rows, read_manifest(folder)["created"], arguments.export)
    return blocks


def _finish(
    folder: Path,
    settings: dict,
    inputs: dict,
    models: list[ScoredModel],
    measurements: dict[str, dict],
    merge_by: MergeBy,
) -> None:
    """Write the manifest: the measurement of the first model, and of each other model what differs from it.

    Rows that other studies of the same pool have scored are copied here before, so that these scores stand alone.
    """
    common = measurements[models[0].id]
    described = {
        model.id: {
            "kind": model.kind,
            "digest": model.digest,
            **_coefficients(model),
            **{name: value for name, value in measurements[model.id].items() if value != common[name]},
        }
        for model in models
    }
    measurement = common | {"data": inputs["data"]}
    blocks = select_blocks(read_known_blocks(folder).values(), described, measurement)
    own = read_blocks(folder)
    copied = (block.without(own[block.key].domains) if block.key in own else block for block in blocks)
    groups = {field: dict(grouping.groups) for field, grouping in merge_by.groups.items()}
    append_blocks(folder / ALONE.file_name(ROWS), copied)
    write_manifest(
        folder, "evaluate", settings, inputs,
        models=described, measurement=measurement, mean_of_domains=means_of_domains(blocks),
        digest=blocks_digest(blocks),
        cost=costs_by_kind(read_costs(folder), described, inputs["data"]),
        **({"groups": groups} if groups else {}),
    )  # fmt: skip


def _coefficients(model: ScoredModel) -> dict[str, dict[str, float]]:
    """Those of the components in a proxy, where they are not its mixture's weights."""
    if model.coefficients in (None, model.mixture):
        return {}
    return {"coefficients": model.coefficients.weights}
