"""Whether a folder of scores is finished: what its rows depend on."""

from typing import Any

from ..manifest import fingerprint, is_finished
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


def settings_of(arguments: EvaluateArguments) -> dict[str, Any]:
    """The options that score rows depend on."""
    names = ("split", "limit", "max_length", "prefix", "dtype", "per_document", "pool_format")
    return {name: getattr(arguments, name) for name in names}


def inputs_of(models: list[ScoredModel], sources: list[Source]) -> dict[str, Any]:
    """What is scored, by digest."""
    return {
        "data": {source.name: source.digest for source in sources},
        "models": {model.id: model.digest for model in models},
    }
