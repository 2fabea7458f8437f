"""What scoring will cost, of the models that a run will score."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...evaluation.arguments import EvaluateArguments
from ...evaluation.text.locations import is_on_hub, sources_of
from ...mixtures.proxies import ENSEMBLE, MERGE
from ...run_folder import RunFolder, model_id, split_model_id
from ...text_table import paragraph
from .change import Change, StagePlan
from .corpus import CorpusPlan, MixturesPlan, with_vocabulary


def with_scoring_cost(
    plan: StagePlan | None, stages: Mapping[str, Any], corpus: CorpusPlan, mixtures: MixturesPlan
) -> StagePlan | None:
    """The plan of `evaluate` with what its forward passes cost, where that is known.

    Before the corpus is made that is the cost of a token, since there is no text to count the tokens of.

    Args:
        plan ([`StagePlan`], *optional*): of the scores.
        stages (`Mapping[str, Any]`): the arguments of every stage.
        corpus ([`CorpusPlan`]): what `partition` leaves.
        mixtures ([`MixturesPlan`]): what `enumerate` leaves.
    """
    models = plan and (plan.facts.get("models") or plan.facts.get("possible"))
    if not models or plan.change is Change.NO or corpus.corpus is None or "train" not in stages:
        return plan
    if not stages["evaluate"].scores_study:  # that plan has its own
        return plan
    passes = _passes(models, mixtures)
    if not passes:
        return plan
    cost = _cost(stages, corpus, passes, len(mixtures.candidates))
    return replace(plan, details=_text(cost), facts=plan.facts | {"cost": cost})


def _passes(models: list[str], mixtures: MixturesPlan) -> int:
    """How many of the models take forward passes: not ensembles, and not merges of one unit, which a component is."""
    single = {model_id(MERGE.kind, each.mixture.id) for each in mixtures.candidates if len(each.mixture.units) == 1}
    return sum(split_model_id(model)[0] != ENSEMBLE.kind and model not in single for model in models)


def _cost(stages: Mapping[str, Any], corpus: CorpusPlan, passes: int, mixtures: int) -> dict[str, Any]:
    """What forward passes of so many models cost and, for comparison, of a model of every mixture."""
    from ...evaluation.dry_run import time_of
    from ...training.train import model_sizes

    arguments, train = stages["evaluate"], stages["train"]
    description = with_vocabulary(corpus.corpus, stages.get("partition"))
    size = model_sizes(train, description)["seed"]
    window = arguments.max_length or description.block_size
    if not _is_text_there(arguments, corpus):
        return {"models": passes, "flops_per_token": size.forward_flops(1, window), **size.noted}
    of_one = _of_one_model(arguments, description.tokenizer_digest, size, window)
    cost, instead = (
        {"models": models} | {name: models * of_one[name] for name in ("tokens", "flops")}
        for models in (passes, mixtures)
    )
    time = train.throughput.device_hours(cost["flops"]) | time_of(arguments, cost["flops"])
    return {**cost, **time, **size.noted, "every_mixture": instead}


def _is_text_there(arguments: EvaluateArguments, corpus: CorpusPlan) -> bool:
    """Whether the evaluation text and the tokenizer are there; nothing is fetched in a dry run."""
    is_remote = any(map(is_on_hub, arguments.data))
    return corpus.change is Change.NO and not is_remote


def _of_one_model(arguments: EvaluateArguments, tokenizer_digest: str, size: Any, window: int) -> dict[str, Any]:
    from ...evaluation.models.loading import load_tokenizer
    from ...evaluation.scoring.cost import forward_cost
    from ...evaluation.text.tokens import find_prefix, stream_cache, tokenise

    run = RunFolder(arguments.run_dir)
    tokenizer = load_tokenizer(run.tokenizer)
    prefix, cache = find_prefix(tokenizer, arguments.prefix), stream_cache()
    text = (
        tokenise(source.limited(arguments.limit, arguments.limit_by), tokenizer, tokenizer_digest, prefix, cache)
        for source in sources_of(arguments.run_dir, arguments.data, arguments.split)
    )
    return forward_cost(text, size, window)


def _text(cost: Mapping[str, Any]) -> str:
    from ...evaluation.dry_run import cost_text

    if "flops_per_token" not in cost:
        instead = cost["every_mixture"]
        return f"{cost_text(cost)}\nforward passes of a model for every mixture instead: {instead['flops']:.3g} FLOPs"
    note = f"\nFLOPs: {cost['flops_note']}" if "flops_note" in cost else ""
    each = f"{cost['flops_per_token']:.3g} FLOPs for each token of the evaluation text, which is not there yet"
    return "\n".join(map(paragraph, f"forward passes of {cost['models']} models: {each}{note}".split("\n")))
