"""The dry run of a study whose corpus has not been made: what follows from its recipes alone."""

from dataclasses import replace
from typing import Any

from ..corpus.arguments import PartitionArguments
from ..corpus.description import CorpusDescription
from ..corpus.names import is_pattern
from ..mixtures.arguments import EnumerateArguments
from ..mixtures.enumerate import CandidateMixture, needs_corpus, plan_candidates, print_summary
from ..mixtures.units import CorpusUnits


PLANNED_FROM_RECIPES = ("enumerate", "train")


def plan_from_recipes(stage: str, stages: dict[str, Any]) -> None:
    """Print what a stage will do, as far as the recipes decide it.

    Args:
        stage (`str`): one of `PLANNED_FROM_RECIPES`.
        stages (`dict[str, Any]`): the arguments of every stage of the study.
    """
    partition = stages.get("partition")
    candidates = _candidates(stages["enumerate"], partition) if "enumerate" in stages else []
    if stage == "enumerate":
        _print_mixtures(candidates, stages["enumerate"].output_format)
    elif partition is None:
        print("train: planned when the corpus is partitioned, since the study has no recipe for it")
    else:
        from ..training.train import print_forecast

        print_forecast(stages["train"], _planned_corpus(partition), candidates)


def _candidates(arguments: EnumerateArguments, partition: PartitionArguments | None) -> list[CandidateMixture] | None:
    """The mixtures; `None` where only the corpus decides its units or their groups."""
    named = [] if any(map(is_pattern, arguments.units)) else arguments.units
    if partition is not None:
        corpus = CorpusDescription.planned(partition)
        named = list(corpus.units) if corpus.units_are_final else named
    return None if not named or needs_corpus(arguments) else plan_candidates(arguments, CorpusUnits(named))


def _print_mixtures(candidates: list[CandidateMixture] | None, output_format: str) -> None:
    if candidates is None:
        print("enumerate: planned when the corpus is partitioned, which decides the units and their groups")
    else:
        print_summary(candidates, output_format)


def _planned_corpus(partition: PartitionArguments) -> CorpusDescription:
    """The corpus that the recipe plans, with the vocabulary of the tokenizer that it names."""
    corpus = CorpusDescription.planned(partition)
    if corpus.vocab_size is not None:
        return corpus
    from ..corpus.tokenizers import load_tokenizer

    return replace(corpus, vocab_size=len(load_tokenizer(partition.tokenizer)))
