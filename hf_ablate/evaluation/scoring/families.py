"""Families of models: those that are scored alike, on the same tokens, in windows of the same length."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ...errors import InputError
from ...model_config import vocabulary_size
from ...model_size import ModelSize
from ..models.loading import causal_config, load_tokenizer, window_length
from ..models.scored_model import Pool, ScoredModel
from ..models.size import saved_size
from ..text.sources import Source
from ..text.tokens import TokenisedSource, digest_of_tokenizer, find_prefix, stream_cache, tokenise
from .measurement import Measurement, MeasurementOptions


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Family:
    """Models that are scored on the same tokens, in windows of the same length.

    Args:
        models (`list[ScoredModel]`): in the order in which they are scored; all proxies are computed from one pool.
        measurement (`Measurement`): how they are scored.
        tokenizer (`PreTrainedTokenizerBase`): what makes the tokens.
    """

    models: list[ScoredModel]
    measurement: Measurement
    tokenizer: "PreTrainedTokenizerBase"

    @cached_property
    def size(self) -> ModelSize:
        """The size of each of them."""
        return saved_size(self.models[0].home)

    @property
    def pool(self) -> Pool | None:
        """What the proxies among them are computed from."""
        return next((model.pool for model in self.models if model.pool), None)


def make_family(models: list[ScoredModel], options: MeasurementOptions) -> Family:
    """The family of models that are scored with the tokenizer and window length of the first."""
    first = models[0]
    tokenizer = load_tokenizer(first.home)
    measurement = Measurement(
        split=options.split,
        tokenizer_digest=first.tokenizer_digest or digest_of_tokenizer(tokenizer),
        max_length=window_length(first.home, options.max_length),
        prefix=find_prefix(tokenizer, options.prefix),
        limit=options.limit,
        limit_by=options.limit_by,
        dtype=options.dtype,
        batch_tokens=options.batch_tokens,
        compile=options.compile,
    )
    return Family(models, measurement, tokenizer)


def tokenise_sources(family: Family, sources: list[Source]) -> list[TokenisedSource]:
    """The sources on the family's tokens, from the cache where they are there."""
    measurement, cache = family.measurement, stream_cache()
    return [
        tokenise(
            source.limited(measurement.limit, measurement.limit_by), family.tokenizer,
            measurement.tokenizer_digest, measurement.prefix, cache,
        )
        for source in sources
    ]  # fmt: skip


def check_vocabulary(family: Family, sources: list[TokenisedSource]) -> None:
    """Raise `InputError` if the family's models do not know all tokens of the sources."""
    home = family.models[0].home
    size = vocabulary_size(causal_config(home))
    for source in sources:
        highest = int(source.stream.tokens.max())
        if size is not None and highest >= size:
            raise InputError(
                f"the tokenizer in {home} gives token {highest} on source {source.source.name!r}, and the model there "
                f"knows {size} tokens; put the tokenizer that it was trained with there"
            )
