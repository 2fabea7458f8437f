"""What the recipes of a study contradict each other in, found before the first stage starts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..corpus.arguments import PartitionArguments
from ..corpus.description import CorpusDescription
from ..corpus.from_arguments import recipe_of
from ..corpus.names import is_pattern, matching
from ..corpus.rules.slices import groups_of
from ..errors import InputError, unknown_name
from ..evaluation.arguments import EvaluateArguments
from ..evaluation.scoring.task_results import PAPER_TASKS, TASKS, read_results, task_names
from ..launch import accelerate_config_path
from ..manifest import has_manifest
from ..merging.arguments import MergeArguments
from ..mixtures.arguments import EnumerateArguments
from ..mixtures.choose import BEST
from ..mixtures.enumerate import CandidateMixture, plan_candidates, read_mixtures
from ..mixtures.from_arguments import needs_corpus
from ..mixtures.grouping import UNITS, MergeBy, field_of
from ..mixtures.names import find_mixtures
from ..mixtures.representation import check_represented
from ..mixtures.units import CorpusUnits
from ..prediction.targets import named_targets
from ..recipe import read_yaml
from ..run_folder import RunFolder, model_id
from ..saved_model import CONFIG
from ..training.arguments import TrainArguments
from ..training.devices import check_whole_optimizer
from ..training.forecast import is_pool_known, one_of_each
from ..training.optimizer_state import find_state
from ..training.pool import plan_pool, probes_of


_SPLITS = ("val", "test")


def check_settings(stages: Mapping[str, Any]) -> None:
    """Refuse settings of two stages that contradict each other; no file of a corpus or model is read.

    Args:
        stages (`Mapping[str, Any]`): stage → its arguments.

    Raises:
        `InputError`: names both settings and what to change.
    """
    partition, train, evaluate = (stages.get(stage) for stage in ("partition", "train", "evaluate"))
    if partition and evaluate and evaluate.scores_text and not evaluate.data:
        _check_split(partition, "evaluate.split", evaluate.split)
    if partition and train and train.evaluates and not train.eval_data:
        _check_split(partition, "train.eval_split", train.eval_split)
    if partition and train:
        _check_shape(partition, train)
        _check_tokenizer(partition, train)
    if train and train.load_optimizer_state:
        _check_optimizer_state(train)
    if evaluate and "rank" in stages:
        _check_ranked_split(evaluate, stages["rank"].split)
        _check_target(evaluate, stages["rank"].target)
    if evaluate and train:
        _check_components(train, evaluate)
    merge = stages.get("merge")
    if partition and evaluate:
        _check_fields(partition, "evaluate.merge_by", evaluate.merge_by)
    if partition and merge:
        _check_fields(partition, "merge.merge_by", [merge.merge_by])
    if merge and "rank" not in stages:
        _check_best(merge)


def _check_fields(partition: PartitionArguments, name: str, words: list[str]) -> None:
    """Refuse to merge by a field that the corpus will not have groups by."""
    fields = [field for each in partition.all_collections for field in groups_of(dict.fromkeys(each.partition_by, ""))]
    known = list(dict.fromkeys([*fields, "source"]))
    for word in words:
        if word != UNITS and field_of(word, known) not in known:
            raise unknown_name(f"field in {name}", field_of(word, known), known)


def _check_split(partition: PartitionArguments, name: str, split: str) -> None:
    if split not in _SPLITS:
        raise InputError(f"{name} is {split!r}, and the corpus of this study has the splits val and test")
    held_out = recipe_of(partition).held_out
    if held_out.by_field:
        return
    other = next(other for other in _SPLITS if other != split)
    if held_out.share(split) == 0 and (held_out.share(other) > 0 or not partition.eval_partitions):
        raise InputError(
            f"{name} is {split!r}, and partition.{split}_fraction is 0: there will be no {split} text. Set one of them"
        )


def _check_shape(partition: PartitionArguments, train: TrainArguments) -> None:
    """A model is as long as blocks, and knows as many tokens as the vocabulary has, where recipes or a folder say."""
    shape, origin = _shape(train)
    context = shape.get("max_position_embeddings")
    if context is not None and int(context) < partition.block_size:
        raise InputError(
            f"partition.block_size is {partition.block_size}, and the seed reads {context} tokens at most "
            f"(max_position_embeddings in {origin}); make one of them fit the other"
        )
    vocabulary = shape.get("vocab_size")
    if vocabulary is not None and partition.tokenizer is None and int(vocabulary) < partition.vocab_size:
        raise InputError(
            f"partition.vocab_size is {partition.vocab_size}, and the seed knows {vocabulary} tokens (vocab_size in "
            f"{origin}); make one of them fit the other"
        )


def _shape(train: TrainArguments) -> tuple[Mapping[str, Any], str]:
    """The seed's configuration as far as it is at hand, and where it is from."""
    if train.seed_model:
        config = Path(train.seed_model) / CONFIG
        values = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
        return values.get("text_config", values), f"train.seed_model, {train.seed_model}"
    pairs = [item.partition("=") for item in (train.config_overrides or "").split(",")]
    return {key.strip(): text for key, _, text in pairs if text.strip().isdigit()}, "train.config_overrides"


def _check_tokenizer(partition: PartitionArguments, train: TrainArguments) -> None:
    if not train.seed_model or partition.tokenizer:
        return
    folder = Path(train.seed_model)
    if not folder.is_dir() or any(folder.glob("tokenizer*")):
        raise InputError(
            f"train.seed_model is {train.seed_model}, and partition.tokenizer is not given, so the corpus would get a "
            f"tokenizer of its own, which the seed does not know; set partition.tokenizer to {train.seed_model}"
        )


def _check_optimizer_state(train: TrainArguments) -> None:
    """The state is there if the seed is in a folder, and no process will hold a part of it."""
    if train.seed_model and Path(train.seed_model).is_dir():
        find_state(train.seed_model, train.seed_revision)
    if train.accelerate_config:
        config = read_yaml(accelerate_config_path(train.accelerate_config))
        check_whole_optimizer(config.get("distributed_type", "NO"))


def _check_ranked_split(evaluate: EvaluateArguments, split: str | None) -> None:
    is_scored = has_manifest(RunFolder(evaluate.run_dir).scores)
    if not evaluate.scores_study:
        reason = next((name for name in ("top", "output_dir") if getattr(evaluate, name)), "model")
        if not is_scored:
            raise InputError(
                f"evaluate.{reason} writes no scores for the study's ranking, and rank needs them; leave one of the "
                "two recipes out, or run that evaluation by its own command"
            )
    elif split is not None and split != evaluate.split:
        raise InputError(
            f"evaluate.split is {evaluate.split!r} and rank.split is {split!r}: nothing would be ranked. Leave "
            "rank.split out, and it follows evaluate.split"
        )


def _check_target(evaluate: EvaluateArguments, target: str | None) -> None:
    """Refuse a task as the target that nothing runs, before models are trained; names of domains are not known yet."""
    asked = task_names(evaluate.tasks)
    for name in named_targets(target):
        task = name.removeprefix(f"{TASKS}/")
        is_task = name != task or name in PAPER_TASKS or (name == TASKS and not asked)
        if is_task and task not in asked and not read_results(RunFolder(evaluate.run_dir).scores):
            others = f"runs {', '.join(asked)}" if asked else "is not given"
            raise InputError(
                f"rank.target names {name!r}, and evaluate.tasks {others}; add it there (a domain of that name is "
                "SOURCE/DOMAIN)"
            )


def _check_components(train: TrainArguments, evaluate: EvaluateArguments) -> None:
    if train.model == "all" or not evaluate.scores_study:
        return
    run = RunFolder(train.run_dir)
    corpus = CorpusDescription.find(run.corpus)
    units = list(corpus.units) if corpus else []
    missing = [
        unit for unit in units if model_id("component", unit) != train.model and not has_manifest(run.component(unit))
    ]
    if missing or not corpus:
        raise InputError(
            f"train.model is {train.model!r}, so no component of {', '.join(missing) or 'the other units'} will be "
            "there for evaluate; set train.model to all, or train single models with `hf-ablate train`"
        )


def _check_best(merge: MergeArguments) -> None:
    if merge.weights is None and BEST in merge.mixture and not has_manifest(RunFolder(merge.run_dir).ranking):
        raise InputError(
            "merge.mixture is `best`, and the study has no recipe for rank, which says which mixture that is; add "
            "rank.yaml, or name a mixture"
        )


def check_tasks(stages: Mapping[str, Any]) -> None:
    """Refuse downstream tasks that lm-eval does not know, before anything is trained; that takes seconds.

    Args:
        stages (`Mapping[str, Any]`): stage → its arguments.

    Raises:
        `InputError`: names the nearest, or says how to install lm-eval.
    """
    evaluate = stages.get("evaluate")
    if evaluate and evaluate.tasks:
        from ..evaluation.scoring.downstream import known_tasks

        known_tasks(evaluate.tasks, evaluate.tasks_dir)


def check_pool(stages: Mapping[str, Any]) -> None:
    """Refuse mixtures and budgets that the units of the partition recipe do not allow, as far as it decides them.

    Args:
        stages (`Mapping[str, Any]`): stage → its arguments.

    Raises:
        `InputError`: names what does not fit.
    """
    partition, train = stages.get("partition"), stages.get("train")
    if partition is None:
        return
    corpus = CorpusDescription.planned(partition)
    candidates = _candidates(partition, corpus, stages["enumerate"]) if "enumerate" in stages else []
    if candidates and corpus.units_are_final:
        check_named_mixtures(stages, candidates, list(corpus.units))
    if train is None:
        return
    if is_pool_known(corpus, train.budgets, candidates):
        pool = plan_pool(corpus, candidates, train.budgets)
        evaluate = stages.get("evaluate")
        if evaluate and evaluate.scores_study and not evaluate.extrapolate:
            check_represented([candidate.mixture for candidate in candidates], probes_of(pool))
    else:
        one_of_each(corpus, train.budgets)


def check_groups(stages: Mapping[str, Any]) -> None:
    """Refuse to merge by groups that the units of the mixtures do not have, once corpus and mixtures are made.

    Args:
        stages (`Mapping[str, Any]`): stage → its arguments.

    Raises:
        `InputError`: as [`MergeBy.read`] does.
    """
    evaluate = stages.get("evaluate")
    if evaluate and evaluate.scores_study and evaluate.merge_by != [UNITS]:
        mixtures = [candidate.mixture for candidate in read_mixtures(evaluate.run_dir)]
        MergeBy.read(evaluate.run_dir, evaluate.merge_by, mixtures)


def _candidates(
    partition: PartitionArguments, corpus: CorpusDescription, arguments: EnumerateArguments
) -> list[CandidateMixture] | None:
    units = partition.unit_names
    if units and not any(map(is_pattern, units)) and not needs_corpus(arguments, corpus.groups_are_known):
        return plan_candidates(arguments, CorpusUnits.of(corpus))
    return None


def check_named_mixtures(stages: Mapping[str, Any], candidates: list[CandidateMixture], units: list[str]) -> None:
    """Refuse mixtures in the recipes of merge and evaluate that are not among the candidates.

    Args:
        stages (`Mapping[str, Any]`): stage → its arguments.
        candidates (`list[CandidateMixture]`): the study's mixtures.
        units (`list[str]`): the units of its corpus.

    Raises:
        `InputError`: names the mixture or the unit.
    """
    mixtures = [candidate.mixture for candidate in candidates]
    for stage in ("merge", "evaluate"):
        if stage not in stages:
            continue
        if stages[stage].weights is not None:
            matching([name for name in stages[stage].weights if "=" not in name], units, kind="unit")  # groups: later
        for name in stages[stage].mixture:
            is_by_groups = "(" in name  # which the corpus decides
            if name != BEST and not is_by_groups and not find_mixtures(name, mixtures):
                raise InputError(
                    f"{stage}.mixture names {name!r}, and none of the {len(mixtures)} mixtures that the enumerate "
                    "recipe gives has this id or name"
                )
