"""`hf-ablate evaluate --dry_run`: what will be scored, and what that costs."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..durations import duration_text
from ..errors import InputError
from ..manifest import read_manifest
from ..mixtures.enumerate import CandidateMixture, read_mixtures
from ..mixtures.proxies import MERGE
from ..mixtures.representation import hull_text
from ..run_folder import RunFolder
from .arguments import EvaluateArguments
from .models.chosen import check_inside, chosen_models, hull_of, race_candidates
from .models.scored_model import ScoredModel, counts_text
from .scored import is_scored
from .scoring.task_results import takes_tasks
from .text.locations import sources_of
from .text.sources import Source


def print_plan(arguments: EvaluateArguments) -> None:
    """Print what will be scored; nothing is.

    Raises:
        `InputError`: as scoring does, for models that the user chose.
    """
    try:
        families = chosen_models(arguments)
    except InputError as error:
        if arguments.model or arguments.of_mixtures:
            raise
        text, facts = f"not before earlier stages have run ({error})", {"after": str(error)}
    else:
        check_inside(arguments, families)
        text, facts = _planned(arguments, families)
        if hull := hull_of(families):
            text, facts = f"{text}\n{hull_text(hull)}", facts | {"hull": hull}
    print(f"evaluate: {text}" if arguments.output_format == "table" else json.dumps(facts, ensure_ascii=False))


def _planned(arguments: EvaluateArguments, families: list[list[ScoredModel]]) -> tuple[str, dict[str, Any]]:
    """What will be scored, in words and for programs."""
    models = [model for some in families for model in some]
    on = f"on split {arguments.split}"
    taking = list(filter(takes_tasks, models))
    on_tasks = f"{counts_text(taking)}, on tasks {', '.join(arguments.tasks)}"
    if not arguments.scores_text:
        return on_tasks, {"models": _counts(taking), "tasks": arguments.tasks}
    facts = {"models": _counts(models), "split": arguments.split}
    facts |= {"tasks": arguments.tasks} if arguments.tasks else {}
    if arguments.top is not None:
        return race_text(arguments, len(race_candidates(arguments, families))), facts | {"top": arguments.top}
    sources = sources_of(arguments.run_dir, arguments.data, arguments.split)
    if is_scored(arguments, models, sources):
        cost = {"models": 0, "tokens": 0, "flops": 0}
    else:
        _, cost = work_ahead(arguments, families, sources)
    unmerged = 0
    if not arguments.model and not arguments.of_mixtures:
        unmerged = count_unmerged(arguments, read_mixtures(arguments.run_dir), models)
        facts |= {"unmerged": unmerged} if unmerged else {}
    text = f"{counts_text(models)}, {on}{unmerged_text(unmerged)}\n{cost_text(cost)}"
    return f"{text}\n{on_tasks}" if arguments.tasks else text, facts | {"cost": cost}


def _counts(models: list[ScoredModel]) -> dict[str, int]:
    return dict(Counter(model.kind for model in models))


def count_unmerged(
    arguments: EvaluateArguments, candidates: list[CandidateMixture], models: Iterable[ScoredModel]
) -> int:
    """How many of a study's mixtures are not merged because `merged_share` leaves their scores to be predicted.

    Args:
        arguments ([`EvaluateArguments`]): of the evaluation of a study.
        candidates (`list[CandidateMixture]`): the study's mixtures.
        models (`Iterable[ScoredModel]`): all that are scored.
    """
    merged = {model.mixture.id for model in models if model.kind == MERGE.kind}
    is_share = arguments.merged_share < 1 and merged
    return sum(candidate.mixture.id not in merged for candidate in candidates) if is_share else 0


def unmerged_text(count: int) -> str:
    """What a plan says of mixtures that are not merged; nothing where there are none."""
    return f"; merges that are predicted, without forward passes: {count}" if count else ""


def race_text(arguments: EvaluateArguments, count: int) -> str:
    """What a race of so many mixtures looks for."""
    return f"a race of {count} mixtures for the {arguments.top} best, on split {arguments.split}"


def work_ahead(
    arguments: EvaluateArguments, families: list[list[ScoredModel]], sources: list[Source]
) -> tuple[list[ScoredModel], dict[str, Any]]:
    """The models that have no scores yet, and what scoring them will cost.

    Args:
        arguments ([`EvaluateArguments`]): how text is scored, and which.
        families (`list[list[ScoredModel]]`): the models; those in one list are scored on the same tokens.
        sources (`list[Source]`): the text.

    Returns:
        `tuple`: the models, and the cost: `models` that take forward passes, the `tokens` that they predict, `flops`,
        and, where the speed is known, `seconds` and what they are estimated by (`speed`).

    Raises:
        `InputError`: for text that cannot be read or does not fit the models.
    """
    from .scoring.cost import sum_costs
    from .scoring.families import make_family
    from .scoring.processes import ALONE
    from .scoring.sweep import make_sweeps

    measured = [make_family(models, arguments.measurement) for models in families]
    sweeps = make_sweeps(arguments.scores_dir, measured, sources, arguments.per_document, ALONE)
    costs = [sweep.costs.of_passes(missing) for sweep in sweeps for _, missing in sweep.passes(ALONE)]
    total = sum_costs(costs)
    missing = [
        model
        for family, sweep in zip(measured, sweeps, strict=True)
        for model in family.models
        if sweep.scores.missing(model)
    ]
    return missing, {"models": len(costs), **total, **time_of(arguments, total["flops"])}


def time_of(arguments: EvaluateArguments, flops: int) -> dict[str, Any]:
    """Seconds at the speed of earlier scoring; before there was any, at that of the components' training.

    Returns:
        `dict[str, Any]`: `seconds` and `speed` (what they are estimated by); empty where there was neither.
    """
    from .scoring.cost import read_costs

    run = RunFolder(arguments.run_dir)
    trained = (read_manifest(folder) for folder in run.saved_models("component"))
    for speed, rows in (("scoring so far", read_costs(arguments.scores_dir)), ("training", trained)):
        spent = [row for row in rows if row.get("flops")]
        operations = sum(row["flops"] for row in spent)
        if operations:
            return {"seconds": round(flops * sum(row["seconds"] for row in spent) / operations, 3), "speed": speed}
    return {}


def cost_text(cost: Mapping[str, Any]) -> str:
    """A line about what scoring will cost, from [`work_ahead`]; hours of a device are `device_hours`."""
    if not cost["models"]:
        return "no forward passes are missing"
    time = f", {cost['device_hours']:,.2f} GPU hours" if "device_hours" in cost else ""
    if "seconds" in cost:
        time += f", {duration_text(cost['seconds'])} at the speed of {cost['speed']}"
    note = f"\nFLOPs: {cost['flops_note']}" if "flops_note" in cost else ""
    models = f"{cost['models']} model{'s' * (cost['models'] > 1)}"
    return f"forward passes of {models}: {cost['tokens']:,} tokens, {cost['flops']:.3g} FLOPs{time}{note}"
