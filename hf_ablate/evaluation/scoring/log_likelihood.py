"""Log-probabilities of all tokens of a stream, at nearly the speed of the bare forward pass.

Four things make it fast and keep it exact:

- windows of similar length share a batch, so next to nothing is padded, and padding is on the right, where causal
  attention never looks: no attention mask is needed, and the fast attention kernels apply;
- logits of a whole batch never exist: the vocabulary projection and the log-likelihood are computed for some hundred
  positions at a time, in float32, while they fit in the CPU's cache;
- on a CPU, batches are distributed to threads that each compute on one core, instead of every small operation being
  split over all cores;
- and torch is configured for the CPU, see [`fast_cpu`].
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache, partial

import numpy as np
import torch

from ...errors import InputError
from ...model_config import vocabulary_size
from ..text.windows import TokenStream, Windows, rolling_windows
from .fast_cpu import fast_cpu


logger = logging.getLogger(__name__)
MAX_WORKERS = 8
_CHUNK_LOGITS = 1 << 23
# Tokens of padding that cost less than another batch, and the largest share of padding in a batch.
_CHEAP_PADDING, _MOST_PADDING = 64, 1 / 8
_MOST_CHANGE = 1e-3  # of the logits' size; rounding leaves none, as a token's row is computed alike in both


class Scorer:
    """Scores token streams with one model; the model's parameters may change between calls.

    Args:
        model (`PreTrainedModel`): any causal language model.
        max_length (`int`): most tokens that a window predicts.
        batch_tokens (`int`): most tokens in a forward pass.
        autocast (`torch.dtype`, *optional*): of the matrix products of a float32 model (mixed precision).

    Example:

    ```python
    >>> from transformers import LlamaConfig, LlamaForCausalLM
    >>> config = LlamaConfig(vocab_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
    ...                      intermediate_size=8, max_position_embeddings=32)
    >>> model = LlamaForCausalLM(config).eval()
    >>> _ = model.lm_head.weight.data.zero_()                  # all tokens are equally likely
    >>> stream = TokenStream.of([np.array([3, 1, 4])], prefix=0)
    >>> with Scorer(model, max_length=32) as scorer:
    ...     print(np.exp(-scorer.token_logprobs(stream)).round(3))
    [16. 16. 16.]

    ```
    """

    def __init__(
        self, model: torch.nn.Module, max_length: int, batch_tokens: int = 2048, autocast: torch.dtype | None = None
    ):
        self.model = model
        self.max_length = max_length
        self.batch_tokens = batch_tokens
        self.device = next(model.parameters()).device
        self._autocast = partial(torch.autocast, self.device.type, autocast, enabled=autocast is not None)
        with self._autocast():
            self._token_logprobs = _choose_head(model)
        workers = min(torch.get_num_threads(), MAX_WORKERS) if self.device.type == "cpu" else 1
        threads = max(1, torch.get_num_threads() // workers)
        self._pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(threads,))
        self._settings = ExitStack()

    def __enter__(self) -> "Scorer":
        self._settings.enter_context(fast_cpu(self.model))
        return self

    def __exit__(self, *exception) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._settings.close()

    def token_logprobs(self, stream: TokenStream, progress: Callable[[int], object] | None = None) -> np.ndarray:
        """The log-probability of every token, in the order of the stream.

        Args:
            stream (`TokenStream`): the text.
            progress (`Callable[[int], object]`, *optional*): called with the number of tokens just scored.

        Returns:
            `np.ndarray`: [tokens without prefixes], float32, natural logarithm.
        """
        by_position = self._by_position(stream, rolling_windows(stream, self.max_length), progress)
        is_token = np.ones(len(stream.tokens), dtype=bool)
        is_token[stream.starts[:-1]] = False
        return by_position[is_token]

    def window_sums(
        self, stream: TokenStream, windows: Windows, progress: Callable[[int], object] | None = None
    ) -> np.ndarray:
        """Sums of log-probability over the predicted tokens of some windows; the same whichever others are scored.

        Args:
            stream (`TokenStream`): the text.
            windows (`Windows`): of the stream, from [`rolling_windows`] with this `max_length`.
            progress (`Callable[[int], object]`, *optional*): called with the number of tokens just scored.

        Returns:
            `np.ndarray`: [windows], float64, natural logarithm.
        """
        return windows.sums(self._by_position(stream, windows, progress))

    def _by_position(
        self, stream: TokenStream, windows: Windows, progress: Callable[[int], object] | None
    ) -> np.ndarray:
        """[tokens with prefixes], float32, the log-probability of each token that a window predicts, 0 of others."""
        by_position = np.zeros(len(stream.tokens), dtype=np.float32)

        def score(batch: np.ndarray) -> int:
            positions, values = self._score_batch(stream, windows, batch)
            by_position[positions] = values
            return len(positions)

        for count in self._pool.map(score, list(batches_by_length(windows.length, self.batch_tokens))):
            if progress:
                progress(count)
        return by_position

    @torch.inference_mode()
    def _score_batch(self, stream: TokenStream, windows: Windows, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Stream positions of the predicted tokens, and their log-probabilities."""
        start, length, predicted = windows.start[batch], windows.length[batch], windows.predicted[batch]
        width = int(length.max())
        column = np.arange(width)
        is_input = column < length[:, None]
        inputs = np.where(is_input, stream.tokens[np.minimum(start[:, None] + column, len(stream.tokens) - 1)], 0)
        is_output = is_input & (column >= (length - predicted)[:, None])
        positions = (start[:, None] + column + 1)[is_output]
        input_ids = torch.from_numpy(inputs).to(self.device, torch.long)
        rows = None if is_output.all() else torch.from_numpy(np.flatnonzero(is_output)).to(self.device)
        targets = torch.from_numpy(stream.tokens[positions]).to(self.device, torch.long)
        with self._autocast():
            return positions, self._token_logprobs(input_ids, rows, targets).cpu().numpy()


def batches_by_length(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Window numbers of each batch, longest first; a batch, padded to its longest window, has at most `batch_tokens`.

    Little of it is padding: where lengths differ much, a smaller batch costs less.

    Args:
        lengths (`np.ndarray`): [windows], tokens of each, int.
        batch_tokens (`int`): most tokens in a batch, padding included; a longer window has a batch of its own.

    Returns:
        `Iterator[np.ndarray]`: [windows of the batch], their numbers, int64.

    Example:

    ```python
    >>> [batch.tolist() for batch in batches_by_length(np.array([2, 8, 7, 1]), batch_tokens=16)]
    [[1, 2], [0, 3]]

    ```
    """
    order = np.argsort(-lengths, kind="stable")
    sorted_lengths, first = lengths[order], 0
    while first < len(order):
        width = int(sorted_lengths[first])
        some = sorted_lengths[first : first + max(1, batch_tokens // width)]
        tokens = np.cumsum(some)
        padding = width * np.arange(1, len(some) + 1) - tokens
        size = int(np.flatnonzero(padding <= np.maximum(_CHEAP_PADDING, tokens * _MOST_PADDING))[-1]) + 1
        yield order[first : first + size]
        first += size


def _choose_head(model: torch.nn.Module) -> Callable:
    """How to get log-probabilities from this model: through its hidden states where that gives the model's logits.

    Some models scale or cap their logits after the projection, so the short way is tried on a few tokens first.
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
                return _HiddenStates(decoder, head)
    _report_own_logits(type(model).__name__)
    return _Logits(model)


def _check_causal(model: torch.nn.Module, probe: torch.Tensor, logits: torch.Tensor, vocabulary: int) -> None:
    """Raise `InputError` if a token changes the logits of those before it, which are no predictions then."""
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
    def __init__(self, decoder: torch.nn.Module, head: torch.nn.Linear):
        self.decoder, self.head = decoder, head

    def __call__(self, input_ids: torch.Tensor, rows: torch.Tensor | None, targets: torch.Tensor) -> torch.Tensor:
        hidden = self.decoder(input_ids=input_ids, use_cache=False)[0].flatten(0, 1)
        if rows is not None:
            hidden = hidden.index_select(0, rows)
        count = _count_chunks(len(hidden), self.head.out_features)
        pieces = zip(hidden.tensor_split(count), targets.tensor_split(count), strict=True)
        return torch.cat([_target_logprobs(self.head(some), chosen) for some, chosen in pieces])


class _Logits:
    def __init__(self, model: torch.nn.Module):
        self.model = model

    def __call__(self, input_ids: torch.Tensor, rows: torch.Tensor | None, targets: torch.Tensor) -> torch.Tensor:
        logits = self.model(input_ids=input_ids, use_cache=False).logits.flatten(0, 1)
        if rows is not None:
            logits = logits.index_select(0, rows)
        count = _count_chunks(*logits.shape)
        pieces = zip(logits.tensor_split(count), targets.tensor_split(count), strict=True)
        return torch.cat([_target_logprobs(some, chosen) for some, chosen in pieces])


def _count_chunks(positions: int, columns: int) -> int:
    """Into how many equal parts positions are cut: few rows are slow to multiply, many do not fit in the cache."""
    return -(-positions // max(64, _CHUNK_LOGITS // columns))


def _target_logprobs(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return -torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")
