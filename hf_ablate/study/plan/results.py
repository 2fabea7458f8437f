"""What a run will do to the ranking, to saved merges and to the report."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import chain
from typing import Any

from ...corpus.names import is_pattern
from ...manifest import find_manifest, has_manifest, read_manifest
from ...merging.arguments import MergeArguments
from ...merging.asked import asked_merges, merge_of_components
from ...merging.config import recorded_coefficients
from ...merging.merge import is_saved
from ...mixtures.choose import BEST, choose_mixtures, mixture_of_weights
from ...mixtures.enumerate import mixtures_digest
from ...mixtures.grouping import UNITS
from ...mixtures.mixture import Mixture
from ...mixtures.names import find_mixtures
from ...mixtures.proxies import MERGE
from ...ranking.arguments import RankArguments
from ...ranking.rank import is_ranked, on_target
from ...report.arguments import ReportArguments
from ...report.write import is_written
from ...run_folder import RunFolder, model_id
from .change import Change, StagePlan
from .corpus import CorpusPlan, MixturesPlan
from .models import ModelsPlan
from .scores import ScoresPlan


def plan_ranking(
    arguments: RankArguments | None, mixtures: MixturesPlan, scores: ScoresPlan
) -> tuple[StagePlan | None, Change]:
    """What a run will do to the ranking.

    Args:
        arguments (`RankArguments`, *optional*): of the recipe; `None` if there is none.
        mixtures ([`MixturesPlan`]): what `enumerate` leaves.
        scores ([`ScoresPlan`]): what `evaluate` leaves.

    Returns:
        `tuple`: the plan of `rank`, if it is a stage of the study, and whether the ranking will be another.
    """
    if arguments is None:
        return None, Change.NO
    run = RunFolder(arguments.run_dir)
    made = find_manifest(run.ranking)
    settings = arguments.settings_on(scores.split)
    if made is None:
        change, result = Change.YES, Change.MAYBE  # a ranking that was lost may come out the same
    else:
        others = Change.NO if made["arguments"] == asdict(settings) else Change.YES
        result = max(others, _mixtures_change(made, mixtures), scores.change)
        can_be_known = result is Change.NO and has_manifest(run.scores) and has_manifest(run.mixtures)
        if can_be_known and not is_ranked(arguments.run_dir, settings):
            result = Change.YES
        change = result
    what = f"the mixtures by {settings.metric}, on split {settings.split}{on_target(settings.target)}"
    facts = {"metric": settings.metric, "split": settings.split, "target": settings.target}
    after = "partition" if scores.change is Change.NO else "evaluate"
    return StagePlan("rank", change, what, after, facts=facts), result


def _mixtures_change(ranking: Mapping[str, Any], mixtures: MixturesPlan) -> Change:
    """Whether the candidates will be others than those that were ranked."""
    if mixtures.candidates is None:
        return Change.MAYBE
    return Change.NO if ranking["inputs"]["mixtures"] == mixtures_digest(mixtures.candidates) else Change.YES


def plan_merges(
    arguments: MergeArguments | None,
    corpus: CorpusPlan,
    mixtures: MixturesPlan,
    models: ModelsPlan,
    ranking: Change,
) -> StagePlan | None:
    """What a run will do to saved merges; `None` if the study has no recipe for them.

    Args:
        arguments (`MergeArguments`, *optional*): of the recipe.
        corpus ([`CorpusPlan`]): what `partition` leaves.
        mixtures ([`MixturesPlan`]): what `enumerate` leaves.
        models ([`ModelsPlan`]): what `train` leaves.
        ranking ([`Change`]): whether the ranking will be another.

    Raises:
        `InputError`: for an unknown mixture.
    """
    if arguments is None:
        return None
    names = ["the given weights"] if arguments.weights else arguments.mixture
    what = f"the merged model of {', '.join('the best mixture' if name == BEST else name for name in names)}"
    if arguments.weights and corpus.change is not Change.NO and any(map(_is_of_several, arguments.weights)):
        return StagePlan("merge", Change.MAYBE, what, "partition", facts={"mixture": names})
    if arguments.weights:
        of_units = corpus.change is not Change.NO
        chosen = [
            Mixture.of(arguments.weights) if of_units else mixture_of_weights(arguments.run_dir, arguments.weights)
        ]
    elif BEST in arguments.mixture and ranking is not Change.NO:
        change = Change.MAYBE if _any_merge_stays(arguments, models) else Change.YES
        return StagePlan("merge", change, what, "rank", facts={"mixture": names})
    elif mixtures.change is Change.NO:
        chosen = choose_mixtures(arguments.run_dir, arguments.mixture)
    else:
        candidates = [candidate.mixture for candidate in mixtures.candidates or []]
        found = [find_mixtures(name, candidates) for name in arguments.mixture]
        if [] in found:
            return StagePlan("merge", Change.MAYBE, what, "partition", facts={"mixture": names})
        chosen = list(chain.from_iterable(found))
    if arguments.merge_by != UNITS:
        return _plan_macro_merges(arguments, corpus, models, chosen)
    change = max(_merge_change(arguments, mixture, models) for mixture in chosen)
    facts = {"mixture": [mixture.name for mixture in chosen]}
    return StagePlan("merge", change, f"the merged model of {', '.join(facts['mixture'])}", "train", facts=facts)


def _plan_macro_merges(
    arguments: MergeArguments, corpus: CorpusPlan, models: ModelsPlan, chosen: list[Mixture]
) -> StagePlan:
    """What a run will do to merges by groups, which only a finished corpus and finished models decide."""
    names = [mixture.name for mixture in chosen]
    what, facts = f"the merged model, by {arguments.merge_by}, of {', '.join(names)}", {"mixture": names}
    if corpus.change is not Change.NO:
        return StagePlan("merge", Change.MAYBE, what, "partition", facts=facts)
    if models.changes is None or any(change.weights is not Change.NO for change in models.changes.values()):
        return StagePlan("merge", Change.MAYBE, what, "train", facts=facts)
    run = RunFolder(arguments.run_dir)
    merges = asked_merges(arguments.run_dir, chosen, arguments.merge_by)
    is_there = all(is_saved(merge, run.model(merge.model), arguments.out_dtype) for merge in merges)
    return StagePlan("merge", Change.NO if is_there else Change.YES, what, "train", facts=facts)


def _is_of_several(name: str) -> bool:
    """Whether a name in weights may mean several units, which the corpus decides."""
    return is_pattern(name) or "=" in name


def _any_merge_stays(arguments: MergeArguments, models: ModelsPlan) -> bool:
    """Whether a saved merge may stay as it is, if its mixture is chosen again."""
    run = RunFolder(arguments.run_dir)
    merges = [recorded_coefficients(read_manifest(folder)) for folder in run.saved_models(MERGE.kind)]
    return any(_component_change(coefficients, models) is not Change.YES for coefficients in merges)


def _component_change(coefficients: Mixture, models: ModelsPlan) -> Change:
    return max(models.weights(model_id("component", name)) for name in coefficients.units)


def _merge_change(arguments: MergeArguments, mixture: Mixture, models: ModelsPlan) -> Change:
    """Whether the merged model of a mixture will be saved."""
    run = RunFolder(arguments.run_dir)
    coefficients = models.coefficients(mixture, arguments.run_dir)
    change = _component_change(coefficients, models)
    if change is Change.NO:
        is_possible = all(has_manifest(run.component(name)) for name in coefficients.units)
        merge = merge_of_components(arguments.run_dir, mixture)
        is_there = is_possible and is_saved(merge, run.merged(mixture.id), arguments.out_dtype)
        return Change.NO if is_there else Change.YES
    return change if has_manifest(run.merged(mixture.id)) else Change.YES


def plan_report(
    arguments: ReportArguments | None, corpus: CorpusPlan, models: ModelsPlan, scores: ScoresPlan, ranking: Change
) -> StagePlan | None:
    """What a run will do to the report; `None` if the study has no recipe for it.

    Args:
        arguments (`ReportArguments`, *optional*): of the recipe.
        corpus ([`CorpusPlan`]): what `partition` leaves.
        models ([`ModelsPlan`]): what `train` leaves.
        scores ([`ScoresPlan`]): what `evaluate` leaves.
        ranking ([`Change`]): whether the ranking will be another.
    """
    if arguments is None:
        return None
    folder = RunFolder(arguments.run_dir)
    if not has_manifest(folder.report) or corpus.change is Change.YES:
        change = Change.YES
    else:
        change = max(ranking, models.record(), scores.cost)
        can_be_known = change is Change.NO and has_manifest(folder.ranking)
        if can_be_known and not is_written(arguments.run_dir, arguments.settings):
            change = Change.YES
    facts = {"page": str(folder.page)}
    return StagePlan("report", change, f"the page {folder.page}", "rank", facts=facts)
