"""Rolling windows: every token predicted once, on the context that lm-eval gives it."""

import numpy as np
import pytest
from lm_eval.utils import get_rolling_token_windows

from hf_ablate.evaluation.text.windows import TokenStream, rolling_windows


PREFIX = 99
LENGTHS = (0, 1, 2, 7, 8, 9, 15, 16, 17, 24, 25, 100)


def pairs(stream: TokenStream, max_length: int) -> list[tuple[list[int], list[int]]]:
    """(what the model reads, what it predicts) of every window."""
    windows = rolling_windows(stream, max_length)
    found = []
    for start, length, predicted in zip(windows.start, windows.length, windows.predicted, strict=True):
        targets = stream.tokens[start + 1 : start + length + 1]
        found.append((stream.tokens[start : start + length].tolist(), targets[-predicted:].tolist()))
    return found


@pytest.mark.parametrize("max_length", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("length", LENGTHS)
def test_windows_are_those_of_lm_eval(length, max_length):
    tokens = list(range(length))
    expected = get_rolling_token_windows(tokens, PREFIX, max_seq_len=max_length, context_len=1)
    stream = TokenStream.of([np.array(tokens, dtype=np.int32)], PREFIX)
    assert pairs(stream, max_length) == [(inputs, targets) for inputs, targets in expected]


@pytest.mark.parametrize("max_length", [1, 5, 8])
def test_a_document_has_the_windows_that_it_has_alone(max_length):
    documents = [np.arange(100 * number, 100 * number + length) for number, length in enumerate(LENGTHS)]
    together = pairs(TokenStream.of(documents, PREFIX), max_length)
    alone = [pair for document in documents for pair in pairs(TokenStream.of([document], PREFIX), max_length)]
    assert together == alone


def test_every_token_is_predicted_exactly_once():
    documents = [np.arange(1000 * number, 1000 * number + length) for number, length in enumerate(LENGTHS)]
    predicted = [token for _, targets in pairs(TokenStream.of(documents, PREFIX), 8) for token in targets]
    assert predicted == np.concatenate(documents).tolist()


def test_selected_documents_are_a_stream_of_their_own():
    documents = [np.arange(number, 2 * number) for number in range(6)]
    selected = TokenStream.of(documents, PREFIX).select(np.array([4, 0, 2]))
    expected = TokenStream.of([documents[4], documents[0], documents[2]], PREFIX)
    assert selected.tokens.tolist() == expected.tokens.tolist()
    assert selected.starts.tolist() == expected.starts.tolist()


def test_a_window_of_no_token_is_refused():
    with pytest.raises(ValueError, match="max_length is 0"):
        rolling_windows(TokenStream.of([np.arange(3)], PREFIX), 0)
