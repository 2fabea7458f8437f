"""Log-probabilities of all tokens of a stream, at nearly the speed of the bare forward pass.

Windows of similar length share a batch ([`batches_by_length`]), and logits of a whole batch never exist
([`target_logprobs_of`]). The rest depends on the device:

- on a CPU, batches are distributed to threads that each compute on one core, instead of every small operation being
  split over all cores, and torch is configured for it, see [`fast_cpu`];
- on a GPU, batches are larger and are queued one after the other: nothing waits for the device until the end of a
  text, so that the host makes the next batches while it computes.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import numpy as np
import torch

from ..text.windows import TokenStream, Windows, rolling_windows
from .batches import batches_by_length, make_batch
from .fast_cpu import fast_cpu, keep_freed_memory
from .target_logprobs import TargetLogprobs, target_logprobs_of


MAX_WORKERS = 8
# By kind of device: most tokens in a batch, and tokens of padding that cost less than another batch. A GPU computes
# some ten thousand tokens of a small model while the host starts the kernels of a batch.
_BATCH_TOKENS = {"cpu": 2048, "cuda": 32768}
_CHEAP_PADDING = {"cpu": 64, "cuda": 4096}
_COMPILED_WIDTHS = 128  # widths of batches are multiples of it where they are compiled for


class Scorer:
    """Scores token streams with one model; the model's parameters may change between calls.

    Args:
        model (`PreTrainedModel`): any causal language model.
        max_length (`int`): most tokens that a window predicts.
        batch_tokens (`int`, *optional*): most tokens in a forward pass. Default: 2048 on a CPU, 32768 on a GPU.
        autocast (`torch.dtype`, *optional*): of the matrix products of a float32 model (mixed precision).
        compile_backend (`str`, *optional*): of `torch.compile`, for the model's decoder and the log-likelihood.

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
        self,
        model: torch.nn.Module,
        max_length: int,
        batch_tokens: int | None = None,
        autocast: torch.dtype | None = None,
        compile_backend: str | None = None,
    ):
        self.model = model
        self.max_length = max_length
        self.device = next(model.parameters()).device
        kind = self.device.type if self.device.type in _BATCH_TOKENS else "cpu"
        self.batch_tokens = batch_tokens or _BATCH_TOKENS[kind]
        self._cheap_padding = _CHEAP_PADDING[kind]
        self._width_multiple = _COMPILED_WIDTHS if compile_backend else 1
        self._autocast = partial(torch.autocast, self.device.type, autocast, enabled=autocast is not None)
        if self.device.type == "cpu":
            keep_freed_memory()  # before threads begin
        workers = min(torch.get_num_threads(), MAX_WORKERS) if self.device.type == "cpu" else 1
        threads = max(1, torch.get_num_threads() // workers)
        self._pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(threads,))
        self._target_logprobs = self._pool.submit(self._choose, compile_backend).result()
        self._settings = ExitStack()

    def _choose(self, compile_backend: str | None) -> TargetLogprobs:
        with self._autocast():
            return target_logprobs_of(self.model, compile_backend)

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
        by_position = torch.from_numpy(np.zeros(len(stream.tokens), dtype=np.float32)).to(self.device)

        @torch.inference_mode()
        def score(numbers: np.ndarray) -> int:
            batch = make_batch(stream, windows.select(numbers), self._width_multiple).to(self.device)
            with self._autocast():
                values = self._target_logprobs(batch.input_ids, batch.rows, batch.targets)
            by_position.index_copy_(0, batch.positions, values)
            return len(values)

        batches = batches_by_length(windows.length, self.batch_tokens, self._cheap_padding)
        for count in self._pool.map(score, list(batches)):
            if progress:
                progress(count)
        return by_position.cpu().numpy()
