"""Scores of saved models, and the check that every score passes."""

from collections.abc import Callable, Iterator

import numpy as np

from ...errors import InputError
from ..models.loading import load_model
from ..models.scored_model import ScoredModel
from ..text.tokens import TokenisedSource, document_sums
from .log_likelihood import Scorer
from .measurement import Measurement


# Called with the number of tokens just scored.
Advance = Callable[[int], object]


def score_saved(
    model: ScoredModel,
    sources: list[TokenisedSource],
    measurement: Measurement,
    device: str,
    progress: Advance | None = None,
) -> Iterator[tuple[TokenisedSource, np.ndarray, np.ndarray]]:
    """Load a saved model, and score sources one after the other.

    Args:
        model (`ScoredModel`): the model.
        sources (`list[TokenisedSource]`): the text.
        measurement (`Measurement`): how it is scored.
        device (`str`): where.
        progress (`Callable[[int], object]`, *optional*): called with the number of tokens just scored.

    Returns:
        `Iterator[tuple[TokenisedSource, np.ndarray, np.ndarray]]`: the source, the log-probabilities of its tokens,
        float32 [tokens], and their sums over documents, float64 [documents]; natural logarithms.
    """
    loaded = load_model(model.folder, measurement.dtype, device)
    with Scorer(loaded, measurement.max_length, measurement.batch_tokens) as scorer:
        for source in sources:
            token_logprobs = scorer.token_logprobs(source.stream, progress)
            yield source, token_logprobs, finite_sums(model, source, token_logprobs, measurement.dtype)


def finite_sums(model: ScoredModel, text: TokenisedSource, token_logprobs: np.ndarray, dtype: str) -> np.ndarray:
    """Sums of log-probability over documents.

    Args:
        model (`ScoredModel`): the model, for the message.
        text (`TokenisedSource`): the text.
        token_logprobs (`np.ndarray`): [tokens].
        dtype (`str`): the number format of the forward pass, for the message.

    Returns:
        `np.ndarray`: [documents], float64, natural logarithm.

    Raises:
        `InputError`: as [`check_finite`] does.
    """
    sums = document_sums(token_logprobs, text.stream)
    check_finite(model, text, sums, dtype)
    return sums


def check_finite(model: ScoredModel, text: TokenisedSource, sums: np.ndarray, dtype: str) -> None:
    """Check sums of log-probability over documents, or over parts of them.

    Args:
        model (`ScoredModel`): the model, for the message.
        text (`TokenisedSource`): the documents.
        sums (`np.ndarray`): [documents].
        dtype (`str`): the number format of the forward pass, for the message.

    Raises:
        `InputError`: if a sum is NaN or infinite; names the first document.
    """
    broken = np.flatnonzero(~np.isfinite(sums))
    if len(broken):
        remedy = "its weights are broken" if dtype == "float32" else "try dtype float32"
        raise InputError(
            f"{model.id} gives a log-probability that is NaN or infinite in {len(broken)} of {len(sums)} documents of "
            f"source {text.source.name!r}, the first of them {text.names[broken[0]]!r}; {remedy}"
        )
