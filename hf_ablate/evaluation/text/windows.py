"""Documents → rolling windows: every token is predicted exactly once, on as much context as fits."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TokenStream:
    """Tokenised documents in one array, each preceded by the token that its first token is conditioned on.

    Args:
        tokens (`np.ndarray`): int32; prefix, tokens of document 0, prefix, tokens of document 1, …
        starts (`np.ndarray`): [documents + 1], int64, the position of each document's prefix, and the stream's length.
    """

    tokens: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, documents: list[np.ndarray], prefix: int) -> "TokenStream":
        """The stream of documents, [tokens] each, with the same prefix token before each of them."""
        lengths = np.array([len(document) + 1 for document in documents], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        tokens = np.full(int(starts[-1]), prefix, dtype=np.int32)
        for start, document in zip(starts, documents, strict=False):
            tokens[start + 1 : start + 1 + len(document)] = document
        return cls(tokens, starts)

    @property
    def num_tokens(self) -> np.ndarray:
        """[documents], without prefixes."""
        return np.diff(self.starts) - 1

    def select(self, documents: np.ndarray) -> "TokenStream":
        """The stream of some of the documents."""
        pieces = [self.tokens[self.starts[number] : self.starts[number + 1]] for number in documents]
        starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
        return TokenStream(np.concatenate(pieces) if pieces else self.tokens[:0], starts)

    def token_positions(self, documents: np.ndarray) -> np.ndarray:
        """Where the tokens of some of the documents are in an array of all tokens without prefixes.

        Returns:
            `np.ndarray`: [tokens of these documents], int64.

        Example:

        ```python
        >>> stream = TokenStream.of([np.array([5, 6]), np.array([7]), np.array([8, 9])], prefix=0)
        >>> stream.token_positions(np.array([0, 2]))
        array([0, 1, 3, 4])

        ```
        """
        ends = np.cumsum(self.num_tokens)
        ranges = [np.arange(ends[number] - self.num_tokens[number], ends[number]) for number in documents]
        return np.concatenate([np.zeros(0, dtype=np.int64), *ranges])


@dataclass(frozen=True)
class Windows:
    """Windows over a [`TokenStream`]: the model reads `length` tokens from `start`; the last `predicted` count.

    All are arrays [windows]. The output at stream position `p` predicts the token at `p + 1`.
    """

    start: np.ndarray
    length: np.ndarray
    predicted: np.ndarray

    def select(self, numbers: np.ndarray) -> "Windows":
        """Some of the windows, by their numbers, int."""
        return Windows(self.start[numbers], self.length[numbers], self.predicted[numbers])

    def documents(self, stream: TokenStream) -> np.ndarray:
        """The number of the document of the stream that each window is in.

        Returns:
            `np.ndarray`: [windows], int64.
        """
        return np.searchsorted(stream.starts, self.start, side="right") - 1

    def sums(self, by_position: np.ndarray) -> np.ndarray:
        """Sums over the predicted tokens of each window.

        Args:
            by_position (`np.ndarray`): [tokens of the stream with prefixes], a value for each token.

        Returns:
            `np.ndarray`: [windows], float64.

        Example:

        ```python
        >>> windows = Windows(start=np.array([0, 2]), length=np.array([2, 2]), predicted=np.array([2, 1]))
        >>> windows.sums(np.array([0, 1, 10, 100, 1000]))
        array([  11., 1000.])

        ```
        """
        end = self.start + self.length + 1
        bounds = np.stack([end - self.predicted, end], axis=1).ravel()
        return np.add.reduceat(np.append(by_position.astype(np.float64), 0.0), bounds)[::2]


def rolling_windows(stream: TokenStream, max_length: int) -> Windows:
    """The rolling windows of lm-eval and PALOMA with `context_len=1`.

    The first window of a document is conditioned on the prefix token alone, a later full window on the one token
    before it, and the last, shorter window on as many preceding tokens as make its input `max_length` tokens long.

    Example:

    ```python
    >>> stream = TokenStream.of([np.arange(1, 8)], prefix=0)   # 7 tokens
    >>> windows = rolling_windows(stream, max_length=3)
    >>> for start, length, predicted in zip(windows.start, windows.length, windows.predicted):
    ...     inputs, targets = stream.tokens[start : start + length], stream.tokens[start + 1 : start + length + 1]
    ...     print(inputs, "->", targets[-predicted:])
    [0 1 2] -> [1 2 3]
    [3 4 5] -> [4 5 6]
    [4 5 6] -> [7]

    ```
    """
    if max_length < 1:
        raise ValueError(f"max_length is {max_length}; expected at least 1")
    counts = stream.num_tokens
    numbers = -(-counts // max_length)
    document = np.repeat(np.arange(len(counts)), numbers)
    index = np.arange(len(document)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
    end = np.minimum((index + 1) * max_length, counts[document])
    predicted = end - index * max_length
    length = np.where(index == 0, predicted, max_length)
    return Windows(stream.starts[document] + end - length, length, predicted)
