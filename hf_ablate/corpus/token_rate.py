"""Bytes per token, measured on a sample, where bins have to be cut before anything is tokenised."""

from functools import lru_cache
from typing import TYPE_CHECKING

from .readers.documents import Document
from .rules.bins import AUTO


if TYPE_CHECKING:
    from .arguments import PartitionArguments


_ONE_IN = 64


class TokenRate:
    """Counts bytes and tokens of one in 64 documents.

    Args:
        arguments (`PartitionArguments`): say whether it is needed (`bins: auto`) and possible (`tokenizer` is given).
    """

    def __init__(self, arguments: "PartitionArguments") -> None:
        is_needed = AUTO in arguments.bins.values() and arguments.source != "tokens"
        self._tokenizer = arguments.tokenizer if is_needed else None
        self.bytes = self.tokens = 0

    def add(self, document: Document, order: int, size: int) -> None:
        """Count a document, if it is in the sample: its order alone decides."""
        if self._tokenizer and order < (1 << 64) // _ONE_IN:
            self.bytes += size
            self.tokens += 1 + len(_load(self._tokenizer).encode(document.text, add_special_tokens=False).ids)


@lru_cache(maxsize=1)
def _load(tokenizer: str):
    from .tokenizers import load_tokenizer

    return load_tokenizer(tokenizer).backend_tokenizer
