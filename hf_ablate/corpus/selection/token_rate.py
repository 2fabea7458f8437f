"""Bytes per token, measured on a sample, where bins have to be cut before anything is tokenised."""

from functools import lru_cache

from ..readers.documents import Document


_ONE_IN = 64


class TokenRate:
    """Counts bytes and tokens of one in 64 documents.

    Args:
        tokenizer (`str | None`): folder or Hub id of the tokenizer; `None` to count nothing.
    """

    def __init__(self, tokenizer: str | None) -> None:
        self._tokenizer = tokenizer
        self.bytes = self.tokens = 0

    def add(self, document: Document, order: int, size: int) -> None:
        """Count a document, if it is in the sample: its order alone decides.

        Args:
            document (`Document`): the document.
            order (`int`): its place in the stable order, 64 bits.
            size (`int`): its text in bytes.
        """
        if self._tokenizer and order < (1 << 64) // _ONE_IN:
            self.bytes += size
            self.tokens += 1 + len(_load(self._tokenizer).encode(document.text, add_special_tokens=False).ids)


@lru_cache(maxsize=1)
def _load(tokenizer: str):
    from ..tokenizers import load_tokenizer

    return load_tokenizer(tokenizer).backend_tokenizer
