"""`hf-ablate evaluate --dry_run`: what will be scored, and what that costs."""

import json
from collections.abc import Mapping
from typing import Any

from ..durations import duration_text
from ..errors import InputError
from ..manifest import read_manifest
from ..mixtures.proxies import MERGE
from ..run_folder import RunFolder
from .arguments import EvaluateArguments
from .models.chosen import chosen_models
from .models.scored_model import ScoredModel
from .scored import is_scored
from .text.locations import find_sources


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
        plan = {"after": str(error)}
    else:
        plan = {"models": _counts(families), **_work(arguments, families)}
    if arguments.output_format == "table":
        print(_as_text(arguments, plan))
    else:
        print(json.dumps(plan, ensure_ascii=False))


def _counts(families: list[list[ScoredModel]]) -> dict[str, int]:
    kinds = [model.kind for models in families for model in models]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def _work(arguments: EvaluateArguments, families: list[list[ScoredModel]]) -> dict[str, Any]:
    if arguments.tasks:
        return {"tasks": arguments.tasks}
    if arguments.top is not None:
        return {"split": arguments.split, "top": arguments.top}
    return {"split": arguments.split, "cost": cost_ahead(arguments, families)}


def cost_ahead(arguments: EvaluateArguments, families: list[list[ScoredModel]]) -> dict[str, Any]:
    """What scoring will cost, as far as it has not been done.

    Args:
        arguments ([`EvaluateArguments`]): how text is scored, and which.
        families (`list[list[ScoredModel]]`): the models; those in one list are scored on the same tokens.

    Returns:
        `dict[str, Any]`: `models` that take forward passes, the `tokens` that they predict, `flops`, and, where the
        speed is known, `seconds` and what they are estimated by (`speed`).

    Raises:
        `InputError`: for text that cannot be read or does not fit the models.
    """
    sources = find_sources(arguments.data or [RunFolder(arguments.run_dir).corpus], arguments.split)
    if is_scored(arguments, [model for models in families for model in models], sources):
        return {"models": 0, "tokens": 0, "flops": 0}
    from .scoring.cost import sum_costs
    from .scoring.families import make_family
    from .scoring.processes import ALONE
    from .scoring.sweep import make_sweeps

    measured = [make_family(models, arguments.measurement) for models in families]
    sweeps = make_sweeps(arguments.scores_dir, measured, sources, arguments.per_document, ALONE)
    costs = [sweep.costs.of_passes(missing) for sweep in sweeps for _, missing in sweep.passes(ALONE)]
    return {"models": len(costs), **sum_costs(costs), **time_of(arguments, sum(cost["flops"] for cost in costs))}


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
            return {"seconds": round(flops * sum(row["seconds"] for row in spent) / operations, 1), "speed": speed}
    return {}


def _as_text(arguments: EvaluateArguments, plan: dict[str, Any]) -> str:
    if "after" in plan:
        return f"evaluate: not before earlier stages have run ({plan['after']})"
    if arguments.top is not None:
        count = plan["models"].get(MERGE.kind, 0)
        return f"evaluate: race {count} mixtures for the {arguments.top} best on split {arguments.split}"
    counts = ", ".join(f"{count} {kind}" for kind, count in plan["models"].items())
    if arguments.tasks:
        return f"evaluate: {counts} on tasks {', '.join(arguments.tasks)}"
    return f"evaluate: {counts} on split {arguments.split}\n{cost_text(plan['cost'])}"


def cost_text(cost: Mapping[str, Any]) -> str:
    """A line about what scoring will cost, from [`cost_ahead`]; hours of a device are `device_hours`."""
    if not cost["models"]:
        return "no forward passes are missing"
    time = f", {cost['device_hours']:,.2f} GPU hours" if "device_hours" in cost else ""
    if "seconds" in cost:
        time += f", {duration_text(cost['seconds'])} at the speed of {cost['speed']}"
    note = f"\nFLOPs: {cost['flops_note']}" if "flops_note" in cost else ""
    models = f"{cost['models']} model{'s' * (cost['models'] > 1)}"
    return f"forward passes of {models}: {cost['tokens']:,} tokens, {cost['flops']:.3g} FLOPs{time}{note}"
