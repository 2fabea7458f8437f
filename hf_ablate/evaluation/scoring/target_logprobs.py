"""Log-probabilities of given tokens under a model, without the logits of a whole batch.

The vocabulary projection and the log-likelihood are computed for some positions at a time, in float32: on a CPU for
so many that they fit in its cache, on a GPU for so many that it is busy. Liger's fused kernel goes through them in the
same way, but for training: it overwrites the logits with gradients.
"""

import logging
from collections.abc import Callable, Iterator
from functools import cache

import torch

from ...errors import InputError
from ...model_config import vocabulary_size


logger = logging.getLogger(__name__)
# Logits at a time, by kind of device.
_CHUNK_LOGITS = {"cpu": 1 << 23, "cuda": 1 << 26}
_MOST_CHANGE = 1e-3  # of the logits' size; rounding leaves none, as a token's row is computed alike in both


# (input ids, rows, targets) of a [`Batch`] → [predicted tokens], float32, natural logarithm.
TargetLogprobs = Callable[[torch.Tensor, torch.Tensor | None, torch.Tensor], torch.Tensor]


def target_logprobs_of(model: torch.nn.Module, compile_backend: str | None = None) -> TargetLogprobs:
    """How to get log-probabilities from a model: through its hidden states where that gives the model's logits.

    Some models scale or cap their logits after the projection, so the short way is tried on a few tokens first.

    Args:
        model (`PreTrainedModel`): a causal language model.
        compile_backend (`str`, *optional*): compile decoder and log-likelihood with this backend of `torch.compile`
            (`inductor`). Parameters may change in place afterwards.

    Raises:
        `InputError`: for a model that is not causal.
    """
    decoder, head = model.base_model, model.get_output_embeddings()
    vocabulary = vocabulary_size(model.config) or 1
    probe = torch.arange(8, device=next(model.parameters()).device)[None] % vocabulary
    with torch.inference_mode():
        expected = model(input_ids=probe, use_cache=False).logits.float()
        _check_causal(model, probe, expected, vocabulary)
        if decoder is not model and isinstance(head, torch.nn.Linear):
            hidden = decoder(input_ids=probe, use_cache=False)[0]
            if torch.allclose(head(hidden).float(), expected, rtol=1e-4, atol=1e-4, equal_nan=True):
                return _HiddenStates(decoder, head, compile_backend)
    _report_own_logits(type(model).__name__)
    return _Logits(model, compile_backend)


def _check_causal(model: torch.nn.Module, probe: torch.Tensor, logits: torch.Tensor, vocabulary: int) -> None:
    """Raise `InputError` if a token changes the logits of those before it, so that they are not predictions."""
    other = probe.clone()
    other[0, -1] = (other[0, -1] + 1) % vocabulary
    change = (model(input_ids=other, use_cache=False).logits.float() - logits)[:, :-1].abs().max()
    if change > _MOST_CHANGE * logits.abs().max():
        raise InputError(
            f"{type(model).__name__} is not causal: the next token changes its own prediction; save it with a "
            "configuration of a decoder (`is_decoder`, or what the architecture calls it)"
        )


@cache
def _report_own_logits(architecture: str) -> None:
    """Once, however often models of it are evaluated while they are trained."""
    logger.info("%s computes its logits in its own way; scoring it is slower", architecture)


class _HiddenStates:
    def __init__(self, decoder: torch.nn.Module, head: torch.nn.Linear, compile_backend: str | None):
        self.decoder, self.head = _compiled(decoder, compile_backend), head
        self.logprobs = _compiled(_logprobs, compile_backend)

    def __call__(self, input_ids: torch.Tensor, rows: torch.Tensor | None, targets: torch.Tensor) -> torch.Tensor:
        hidden = self.decoder(input_ids=input_ids, use_cache=False)[0].flatten(0, 1)
        if rows is not None:
            hidden = hidden.index_select(0, rows)
        pieces = _pieces(hidden, targets, self.head.out_features)
        return torch.cat([self.logprobs(self.head(some), chosen) for some, chosen in pieces])


class _Logits:
    def __init__(self, model: torch.nn.Module, compile_backend: str | None):
        self.model, self.logprobs = _compiled(model, compile_backend), _compiled(_logprobs, compile_backend)

    def __call__(self, input_ids: torch.Tensor, rows: torch.Tensor | None, targets: torch.Tensor) -> torch.Tensor:
        logits = self.model(input_ids=input_ids, use_cache=False).logits.flatten(0, 1)
        if rows is not None:
            logits = logits.index_select(0, rows)
        return torch.cat([self.logprobs(some, chosen) for some, chosen in _pieces(logits, targets, logits.shape[1])])


def _compiled(function: Callable, backend: str | None) -> Callable:
    """Compiled for inputs of any size: shapes of batches differ, and each would be compiled anew."""
    return function if backend is None else torch.compile(function, dynamic=True, backend=backend)


def _pieces(values: torch.Tensor, targets: torch.Tensor, columns: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Equal parts of the positions: few rows are slow to multiply, many do not fit in the CPU's cache."""
    at_once = _CHUNK_LOGITS.get(values.device.type, _CHUNK_LOGITS["cpu"]) // columns
    count = -(-len(values) // max(64, at_once))
    return zip(values.tensor_split(count), targets.tensor_split(count), strict=True)


def _logprobs(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return -torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")
