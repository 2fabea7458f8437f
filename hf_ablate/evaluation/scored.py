"""Whether a folder of scores, or of a race, is finished: what its results depend on."""

from typing import Any

from ..manifest import fingerprint, is_finished
from ..mixtures.grouping import UNITS
from .arguments import EvaluateArguments
from .models.scored_model import ScoredModel
from .text.sources import Source


def is_scored(arguments: EvaluateArguments, models: list[ScoredModel], sources: list[Source]) -> bool:
    """Whether the folder of scores is finished with exactly these models, this text and these settings.

    Args:
        arguments ([`EvaluateArguments`]): which folder, and the settings.
        models (`list[ScoredModel]`): all that are to be scored.
        sources (`list[Source]`): the text.
    """
    expected = fingerprint("evaluate", settings_of(arguments), inputs_of(models, sources))
    return is_finished(arguments.scores_dir, expected)


def is_raced(arguments: EvaluateArguments, merges: list[ScoredModel], sources: list[Source]) -> bool:
    """Whether the folder of a race is finished with exactly these candidates, this text and these settings.

    Args:
        arguments ([`EvaluateArguments`]): which folder, and the settings.
        merges (`list[ScoredModel]`): the candidates.
        sources (`list[Source]`): the text.
    """
    expected = fingerprint("race", race_settings_of(arguments), inputs_of(merges, sources))
    return is_finished(arguments.scores_dir, expected)


def settings_of(arguments: EvaluateArguments) -> dict[str, Any]:
    """The options that score rows depend on; those that say which proxies there are where it is not the default."""
    names = ["split", "limit", "limit_by", "max_length", "prefix", "dtype", "per_document", "pool_format"]
    names += ["merged_share"] if arguments.merged_share < 1 else []
    names += ["merge_by"] if arguments.merge_by != [UNITS] else []
    return _options(arguments, *names)


def race_settings_of(arguments: EvaluateArguments) -> dict[str, Any]:
    """The options that the result of a race depends on."""
    names = (
        "top", "confidence", "first_windows", "split", "limit", "limit_by", "max_length", "prefix", "dtype",
        "pool_format",
    )  # fmt: skip
    return _options(arguments, *names)


def _options(arguments: EvaluateArguments, *names: str) -> dict[str, Any]:
    return {name: getattr(arguments, name) for name in names}


def inputs_of(models: list[ScoredModel], sources: list[Source]) -> dict[str, Any]:
    """What is scored, by digest."""
    return {
        "data": {source.name: source.digest for source in sources},
        "models": {model.id: model.digest for model in models},
    }
