"""Models that are scored alike: on the same tokens, in windows of the same length."""

from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerBase

from ..errors import InputError
from ..merging.resident import ResidentPool
from .arguments import EvaluateArguments
from .loading import default_device, load_tokenizer, vocabulary_size, window_length
from .models import ScoredModel
from .sources import Source
from .sweep import Measurement
from .tokens import TokenisedSource, default_cache, digest_of_tokenizer, tokenise


@dataclass(frozen=True)
class Group:
    """Models that are scored on the same tokens, in windows of the same length."""

    measurement: Measurement
    tokenizer: PreTrainedTokenizerBase
    models: list[ScoredModel]


def make_group(arguments: EvaluateArguments, models: list[ScoredModel]) -> Group:
    """How these models are scored: with the tokenizer and window length of the first."""
    first = models[0]
    tokenizer = load_tokenizer(first.home)
    measurement = Measurement(
        split=arguments.split,
        tokenizer_digest=first.tokenizer_digest or digest_of_tokenizer(tokenizer),
        max_length=window_length(first.home, arguments.max_length),
        limit=arguments.limit,
        dtype=arguments.dtype,
        batch_tokens=arguments.batch_tokens,
    )
    return Group(measurement, tokenizer, models)


def tokenise_sources(group: Group, sources: list[Source]) -> list[TokenisedSource]:
    """The sources on the group's tokens."""
    measurement, cache = group.measurement, default_cache()
    return [
        tokenise(source, group.tokenizer, measurement.tokenizer_digest, measurement.limit, cache) for source in sources
    ]


def check_vocabulary(group: Group, sources: list[TokenisedSource]) -> None:
    """Raise `InputError` if the group's models do not know all tokens of the sources."""
    known = vocabulary_size(group.models[0].home)
    for source in sources:
        highest = int(source.stream.tokens.max())
        if highest >= known:
            raise InputError(
                f"the tokenizer in {group.models[0].home} gives token {highest} on source {source.source.name!r}, and "
                f"the model beside it knows {known} tokens; put the tokenizer that it was trained with there"
            )


def load_pool(group: Group, dtype: str) -> ResidentPool:
    """The components of the group's merges."""
    merges = [model for model in group.models if model.is_merge]
    folders = {unit: folder for model in merges for unit, folder in model.components.items()}
    return ResidentPool(folders, getattr(torch, dtype), default_device(), merges[0].pool_format, merges[0].seed)
