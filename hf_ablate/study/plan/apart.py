"""What a run will do to results beside a study's scores on text: a race, tasks, chosen models, another folder."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...evaluation.arguments import EvaluateArguments
from ...evaluation.dry_run import cost_text, race_text, work_ahead
from ...evaluation.models.chosen import chosen_models, race_candidates
from ...evaluation.models.scored_model import ScoredModel, counts_text
from ...evaluation.scored import is_raced, is_scored
from ...evaluation.text.locations import is_on_hub, sources_of
from ...evaluation.text.sources import Source
from ...manifest import find_manifest, has_manifest
from .change import Change, StagePlan


def plan_apart(arguments: EvaluateArguments, earlier: Sequence[StagePlan | None]) -> StagePlan:
    """What evaluation will add to results of its own.

    Args:
        arguments (`EvaluateArguments`): of a recipe with tasks, or that does not score the study for the ranking.
        earlier (`Sequence[StagePlan | None]`): the plans of the stages before, in their order.

    Raises:
        `InputError`: for models, mixtures and text that are not there.
    """
    on_hub = [name for name in arguments.model if not Path(name).exists()]
    on_hub += [place for place in arguments.data if is_on_hub(place)]
    changing = [plan.stage for plan in earlier if plan and plan.change is not Change.NO]
    after = changing[-1] if changing and _reads_study(arguments) else ""
    if not (after or on_hub):
        return _plan_known(arguments)
    if not _has_results(arguments):
        return StagePlan("evaluate", Change.YES, _asked(arguments))
    if not after and _is_recorded(arguments):
        return StagePlan("evaluate", Change.NO)
    return StagePlan("evaluate", Change.MAYBE, _asked(arguments), after or f"the download of {', '.join(on_hub)}")


def _asked(arguments: EvaluateArguments) -> str:
    """What the recipe asks for, where the models are not known yet."""
    if arguments.tasks:
        return f"tasks {', '.join(arguments.tasks)}, for the models that have no result of them"
    if arguments.top is not None:
        return f"a race for the {arguments.top} best mixtures, on split {arguments.split}"
    return f"the models that the recipe names, on split {arguments.split}"


def _reads_study(arguments: EvaluateArguments) -> bool:
    """Whether earlier stages make any of its models or text."""
    reads_text = not (arguments.data or arguments.tasks)
    if arguments.of_mixtures or not arguments.model or reads_text:
        return True
    study = arguments.run_dir.resolve()
    places = [Path(os.path.realpath(place)) for place in (*arguments.model, *arguments.data)]
    return any(study == place or study in place.parents or place in study.parents for place in places)


def _has_results(arguments: EvaluateArguments) -> bool:
    if arguments.tasks:
        from ...evaluation.scoring.task_results import read_results

        return bool(read_results(arguments.scores_dir))
    return has_manifest(arguments.scores_dir)


def _is_recorded(arguments: EvaluateArguments) -> bool:
    """Whether scores are finished if what is on the Hub is what it was then: nothing is fetched in a dry run."""
    if arguments.tasks:
        return False
    recorded = find_manifest(arguments.scores_dir)["inputs"]
    here = [name for name in arguments.model if Path(name).exists()]
    is_any_here = bool(here or arguments.of_mixtures or not arguments.model)
    families = chosen_models(replace(arguments, model=here)) if is_any_here else []
    models = [model for some in families for model in some]
    models += [
        ScoredModel(name, "external", recorded["models"].get(name, ""))
        for name in arguments.model
        if name not in here
    ]  # fmt: skip
    if any(map(is_on_hub, arguments.data)):
        sources = [Source(name, arguments.split, (), digest) for name, digest in recorded["data"].items()]
    else:
        sources = sources_of(arguments.run_dir, arguments.data, arguments.split)
    return is_scored(arguments, models, sources)


def _plan_known(arguments: EvaluateArguments) -> StagePlan:
    """Where all that is scored is there."""
    families = chosen_models(arguments)
    if arguments.tasks:
        return _plan_tasks(arguments, families)
    if arguments.top is not None:
        return _plan_race(arguments, race_candidates(arguments, families))
    return _plan_text(arguments, families)


def _plan_tasks(arguments: EvaluateArguments, families: list[list[ScoredModel]]) -> StagePlan:
    from ...evaluation.scoring.families import make_family
    from ...evaluation.scoring.task_results import missing_tasks, task_names

    measured = [make_family(models, arguments.measurement) for models in families]
    work = missing_tasks(measured, task_names(arguments.tasks), arguments.scores_dir)
    tasks = list(dict.fromkeys(task for _, _, missing in work for task in missing))
    models = [model for _, model, _ in work]
    facts = {"tasks": tasks, "models": [model.id for model in models]}
    what = f"{counts_text(models)}, on tasks {', '.join(tasks)}"
    return StagePlan("evaluate", Change.YES if work else Change.NO, what, facts=facts)


def _plan_race(arguments: EvaluateArguments, merges: list[ScoredModel]) -> StagePlan:
    sources = sources_of(arguments.run_dir, arguments.data, arguments.split)
    change = Change.NO if is_raced(arguments, merges, sources) else Change.YES
    models = [model.id for model in merges] if change is Change.YES else []
    facts = {"split": arguments.split, "top": arguments.top, "models": models}
    return StagePlan("evaluate", change, race_text(arguments, len(merges)), facts=facts)


def _plan_text(arguments: EvaluateArguments, families: list[list[ScoredModel]]) -> StagePlan:
    sources = sources_of(arguments.run_dir, arguments.data, arguments.split)
    if is_scored(arguments, [model for models in families for model in models], sources):
        return StagePlan("evaluate", Change.NO, facts={"split": arguments.split, "models": []})
    missing, cost = work_ahead(arguments, families, sources)
    facts = {"split": arguments.split, "models": [model.id for model in missing], "cost": cost}
    what = counts_text(missing) or "no scores are missing; which of them belong to the result changes"
    return StagePlan("evaluate", Change.YES, f"{what}, on split {arguments.split}", "", cost_text(cost), facts)
