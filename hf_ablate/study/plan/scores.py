"""What a run will do to the scores: which models and proxies it will score."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...corpus.description import CorpusDescription
from ...evaluation.arguments import EvaluateArguments
from ...evaluation.dry_run import count_unmerged, unmerged_text
from ...evaluation.models.scored_model import Pool, ScoredModel, counts_text
from ...evaluation.models.study import saved_model
from ...evaluation.models.trained_groups import trained_merges
from ...evaluation.row_files import read_known_blocks
from ...evaluation.rows import MEASUREMENT
from ...evaluation.scored import settings_of
from ...evaluation.text.locations import is_on_hub, sources_of
from ...manifest import find_manifest
from ...mixtures.enumerate import CandidateMixture
from ...mixtures.grouping import UNITS, MergeBy
from ...mixtures.mixture import Mixture
from ...mixtures.probes import are_single_units, read_probes
from ...mixtures.representation import check_represented
from ...mixtures.scored_proxies import scored_proxies
from ...mixtures.trained import with_trained_references
from ...mixtures.units import CorpusUnits
from ...run_folder import RunFolder, model_id, split_model_id
from .apart import plan_apart
from .change import Change, StagePlan
from .corpus import CorpusPlan, MixturesPlan
from .models import ModelsPlan


# How rows are measured; text and tokenizer are compared by what they are.
_MEASURED = ("split", *(name for name in MEASUREMENT if not name.endswith("_digest")))


@dataclass(frozen=True)
class ScoresPlan:
    """The scores that later stages will find.

    Args:
        change ([`Change`]): whether the scores of a study's models and proxies will be others.
        cost ([`Change`]): whether their recorded cost will be another, which is measured anew with all that is scored.
        split (`str`): of the text that they are on.
        stage (`StagePlan | None`): of `evaluate`; `None` if the study has no recipe for it.
    """

    change: Change
    cost: Change
    split: str
    stage: StagePlan | None


@dataclass(frozen=True)
class _Expected:
    """A model or proxy that will be scored, or is: its weights as they are, and whether they will be others."""

    model: ScoredModel
    weights: Change


def plan_scores(
    arguments: EvaluateArguments | None, corpus: CorpusPlan, mixtures: MixturesPlan, models: ModelsPlan, run_dir: Path
) -> ScoresPlan:
    """The scores of a study.

    Args:
        arguments (`EvaluateArguments`, *optional*): of the recipe; `None` if there is none.
        corpus ([`CorpusPlan`]): what `partition` leaves.
        mixtures ([`MixturesPlan`]): what `enumerate` leaves.
        models ([`ModelsPlan`]): what `train` leaves.
        run_dir (`Path`): the run folder.

    Raises:
        `InputError`: for evaluation data that is not there.
    """
    made, earlier = find_manifest(RunFolder(run_dir).scores), [corpus.stage, mixtures.stage, models.stage]
    if arguments is None or not arguments.scores_study:
        split = made["arguments"]["split"] if made else "val"
        stage = plan_apart(arguments, earlier) if arguments else None
        return ScoresPlan(Change.NO, Change.NO, split, stage)
    plan = _plan_text(arguments, corpus, mixtures, models, made)
    return _with_tasks(plan, plan_apart(replace(arguments, data=[]), earlier)) if arguments.tasks else plan


def _with_tasks(plan: ScoresPlan, tasks: StagePlan) -> ScoresPlan:
    """The plan with tasks that are run after the text."""
    text = plan.stage
    whats = [stage.what for stage in (text, tasks) if stage.change is not Change.NO]
    change = text.change if text.change is Change.MAYBE else max(text.change, tasks.change)
    facts = text.facts | {"tasks": tasks.facts.get("tasks", []), "models_of_tasks": tasks.facts.get("models", [])}
    stage = replace(text, change=change, what="; then ".join(whats), after=text.after or tasks.after, facts=facts)
    return replace(plan, change=max(plan.change, tasks.change), stage=stage)


def _plan_text(
    arguments: EvaluateArguments,
    corpus: CorpusPlan,
    mixtures: MixturesPlan,
    models: ModelsPlan,
    made: Mapping[str, Any] | None,
) -> ScoresPlan:
    """The scores on text."""
    is_corpus_known = corpus.change is Change.NO or (corpus.corpus is not None and corpus.corpus.groups_are_known)
    are_groups_known = arguments.merge_by == [UNITS] or is_corpus_known
    if mixtures.candidates is None or models.changes is None or not are_groups_known:
        what = f"the study's models and proxies, on split {arguments.split}"
        stage = StagePlan("evaluate", Change.MAYBE, what, "partition")
        return ScoresPlan(Change.MAYBE, Change.MAYBE, arguments.split, stage)
    expected = _study_models(arguments, mixtures.candidates, models, corpus.corpus)
    text = _planned_text(arguments, corpus, made)
    scored = _scored_before(arguments, expected, made, text)
    changes = {each.model.id: _score_change(each, text, scored) for each in expected}
    is_same = (
        made is not None and settings_of(arguments) == made["arguments"] and changes.keys() == made["models"].keys()
    )
    change = max(text.change, *changes.values()) if is_same else Change.YES
    results = _result_change(arguments, expected, text, made)
    unmerged = count_unmerged(arguments, mixtures.candidates, [each.model for each in expected])
    stage = _stage_plan(expected, changes, change, arguments.split, unmerged)
    cost = change if stage.facts["models"] else min(change, Change.MAYBE)
    return ScoresPlan(results, cost, arguments.split, stage)


@dataclass(frozen=True)
class _Text:
    """The evaluation text: source → digest, as far as it is known, and whether it will be another than before."""

    sources: Mapping[str, str]
    change: Change


def _planned_text(arguments: EvaluateArguments, corpus: CorpusPlan, made: Mapping[str, Any] | None) -> _Text:
    before = made["inputs"]["data"] if made else {}
    is_remote = any(map(is_on_hub, arguments.data))
    if not arguments.data and (corpus.change is not Change.NO or corpus.corpus is None):
        return _Text(before, Change.MAYBE)
    if is_remote:  # nothing is fetched in a dry run
        return _Text(before, Change.NO if made else Change.MAYBE)
    sources = sources_of(arguments.run_dir, arguments.data, arguments.split)
    now = {source.name: source.digest for source in sources}
    return _Text(now, Change.NO if made is None or now == before else Change.YES)


def _scored_before(
    arguments: EvaluateArguments, expected: list[_Expected], made: Mapping[str, Any] | None, text: _Text
) -> set[tuple[str, str]]:
    """(id, digest) of every model that has all its score rows already, under the settings of the recipe."""
    folder = arguments.scores_dir
    if not text.sources or (arguments.per_document and not (made and made["arguments"]["per_document"])):
        return set()
    measured = _measured(arguments, expected, made)
    wanted = {(name, digest) for name, digest in text.sources.items()}
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for block in read_known_blocks(folder).values():
        if tuple(block.shared[name] for name in _MEASURED) == measured:
            model = (block.model, block.shared["model_digest"])
            found.setdefault(model, set()).add((block.source, block.shared["data_digest"]))
    return {model for model, sources in found.items() if wanted <= sources}


def _measured(
    arguments: EvaluateArguments, expected: list[_Expected], made: Mapping[str, Any] | None
) -> tuple[Any, ...] | None:
    """How rows will be measured, in the order of `_MEASURED`; `None` where no model is there yet to ask."""
    is_as_before = made is not None and all(
        made["arguments"].get(name) == getattr(arguments, name) for name in ("max_length", "prefix")
    )
    if is_as_before:
        asked = {name: getattr(arguments, name) for name in ("split", "limit", "limit_by", "dtype")}
        return tuple((made["measurement"] | asked)[name] for name in _MEASURED)
    saved = next((each.model for each in expected if each.model.folder), None)
    if saved is None:
        return None
    from ...evaluation.scoring.families import make_family

    measurement = make_family([saved], arguments.measurement).measurement
    return tuple(getattr(measurement, name) for name in _MEASURED)


def _score_change(expected: _Expected, text: _Text, scored: set[tuple[str, str]]) -> Change:
    """Whether a model or proxy will be scored."""
    model = expected.model
    if expected.weights is Change.NO:
        if (model.id, model.digest) not in scored:
            return Change.YES
        return Change.MAYBE if text.change is Change.MAYBE else Change.NO
    if expected.weights is Change.MAYBE and any(model.id == name for name, _ in scored):
        return Change.MAYBE
    return Change.YES


def _result_change(
    arguments: EvaluateArguments, expected: list[_Expected], text: _Text, made: Mapping[str, Any] | None
) -> Change:
    """Whether the scores of the study's models and proxies will be others than those that were ranked."""
    if made is None:
        return Change.MAYBE
    digests = {model: entry["digest"] for model, entry in made["models"].items()}
    if (
        digests.keys() != {each.model.id for each in expected}
        or _measured(arguments, expected, made) != tuple(made["measurement"].get(name) for name in _MEASURED)
        or made["arguments"].get("merge_by", [UNITS]) != arguments.merge_by
        or any(each.weights is Change.NO and each.model.digest != digests[each.model.id] for each in expected)
    ):
        return Change.YES
    return max(text.change, *(each.weights for each in expected))


def _stage_plan(
    expected: list[_Expected], changes: Mapping[str, Change], change: Change, split: str, unmerged: int
) -> StagePlan:
    certain, possible = (
        [each.model for each in expected if changes[each.model.id] is kind] for kind in (Change.YES, Change.MAYBE)
    )
    facts = {"split": split, "models": [model.id for model in certain], "possible": [model.id for model in possible]}
    facts |= {"unmerged": unmerged} if unmerged else {}
    on = f"on split {split}"
    if not certain and possible:
        return StagePlan("evaluate", max(change, Change.MAYBE), f"{counts_text(possible)}, {on}", "train", facts=facts)
    more = f"; {counts_text(possible)} too if training changes them" if possible else ""
    more += unmerged_text(unmerged)
    what = f"{counts_text(certain)}, {on}{more}" if certain else f"no scores are missing; what is ranked changes, {on}"
    return StagePlan("evaluate", change, what, facts=facts)


def _study_models(
    arguments: EvaluateArguments,
    candidates: list[CandidateMixture],
    models: ModelsPlan,
    corpus: CorpusDescription | None,
) -> list[_Expected]:
    """The study's models and proxies once the models are trained, in the order in which they are scored."""
    run = RunFolder(arguments.run_dir)
    candidates = with_trained_references(arguments.run_dir, candidates)
    mixtures = [candidate.mixture for candidate in candidates]
    merge_by = MergeBy.of(CorpusUnits.of(corpus), arguments.merge_by, mixtures) if corpus else MergeBy()
    asked = scored_proxies(candidates, arguments.proxy, arguments.merged_share, merge_by.groups.values())
    probes = read_probes(arguments.run_dir) if models.probes is None else models.probes
    if are_single_units(probes):
        probes = {unit: Mixture.uniform([unit]) for mixture in mixtures for unit in mixture.units}
    elif not arguments.extrapolate:
        check_represented([mixture for _, mixture in asked], probes)
    components = {name: _saved(run, model_id("component", name), models, probe) for name, probe in probes.items()}
    seed = _saved(run, model_id("seed"), models)
    references = [
        _saved(run, model, models, candidate.mixture)
        for candidate in candidates
        for model in candidate.reference_models
    ]
    saved = [seed, *components.values(), *references]
    pool_seed = seed.model if arguments.pool_format == "delta" else None
    pool = Pool({name: own.model for name, own in components.items()}, arguments.pool_format, pool_seed)
    averages = [pool.proxy(proxy, mixture, extrapolate=True) for proxy, mixture in asked]
    proxies = [_Expected(model, _of_parts(model, components, seed if pool_seed else None)) for model in averages]
    there = [each for each in saved if each.model.folder or each.weights is not Change.NO]
    trained = _trained_merges(arguments, mixtures, merge_by, there, models) if merge_by.trained else []
    return [*there, *proxies, *trained]


def _trained_merges(
    arguments: EvaluateArguments,
    mixtures: list[Mixture],
    merge_by: MergeBy,
    study: list[_Expected],
    models: ModelsPlan,
) -> list[_Expected]:
    """The macro-merges of models that will have been trained on groups; those on other mixtures are parts too."""
    run = RunFolder(arguments.run_dir)
    others = [saved_model(folder) for folder in run.saved_models("reference")]
    parts = {model.id: _Expected(model, models.weights(model.id)) for model in others}
    parts |= {each.model.id: each for each in study}
    seed = parts[model_id("seed")] if arguments.pool_format == "delta" else None
    merges = trained_merges([each.model for each in parts.values()], merge_by, mixtures, arguments.proxy)
    pool = replace(merges[0].pool, pool_format=arguments.pool_format, seed=seed and seed.model)
    return [
        _Expected(pool.average(merge.kind, merge.mixture, merge.coefficients), _of_parts(merge, parts, seed))
        for merge in merges
    ]


def _of_parts(proxy: ScoredModel, parts: Mapping[str, _Expected], seed: _Expected | None) -> Change:
    """Whether a proxy will be another: whether any model that it is made of will."""
    parts = [parts[name] for name in proxy.coefficients.units]
    return max(each.weights for each in [*parts, *([seed] if seed else [])])


def _saved(run: RunFolder, model: str, models: ModelsPlan, mixture: Mixture | None = None) -> _Expected:
    manifest = find_manifest(run.model(model))
    kind, _ = split_model_id(model)
    digest, folder = (manifest["digest"], run.model(model)) if manifest else ("", None)
    return _Expected(ScoredModel(model, kind, digest, mixture, folder), models.weights(model))
