"""Sources, tokenised once per tokenizer and content, with the counts that scores are divided by."""

import hashlib
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...cache import cache_folder
from ...corpus.tokenizers import tokenizer_digest
from ...errors import InputError
from ...manifest import atomic_path, digest
from ..row_blocks import RowBlock, shared_fields
from ..rows import ScoreRow
from .sources import EvalDocument, Source
from .windows import TokenStream


_WORD_BOUNDARY = re.compile(r"\s+")
_BATCH = 1000


@dataclass(frozen=True)
class TokenisedSource:
    """A source ready to be scored.

    Args:
        source (`Source`): where it is from.
        names (`list[str]`): [documents], for messages and rows per document.
        domains (`list[str | None]`): [documents], none for a source without domains.
        chars, bytes, words (`np.ndarray`): [documents], int64, sizes of their text.
        stream (`TokenStream`): the tokens.
    """

    source: Source
    names: list[str]
    domains: list[str | None]
    chars: np.ndarray
    bytes: np.ndarray
    words: np.ndarray
    stream: TokenStream

    @property
    def domain_names(self) -> set[str]:
        """What its domains may be called: `<domain>` and `<source>/<domain>`; without domains, `<source>`."""
        return {name for domain in set(self.domains) for name in self._names_of(domain)}

    def _names_of(self, domain: str | None) -> tuple[str, ...]:
        source = self.source.name
        return (source,) if domain is None else (domain, f"{source}/{domain}")

    def documents_of(self, domains: Collection[str]) -> np.ndarray:
        """The documents of some domains, by any of [`TokenisedSource.domain_names`].

        Returns:
            `np.ndarray`: [documents of these domains], int64, numbers of documents.
        """
        return np.flatnonzero([any(name in domains for name in self._names_of(domain)) for domain in self.domains])

    def select(self, documents: np.ndarray) -> "TokenisedSource":
        """The same for some of the documents.

        Args:
            documents (`np.ndarray`): [chosen documents], their numbers, int.
        """
        return replace(
            self,
            names=[self.names[number] for number in documents],
            domains=[self.domains[number] for number in documents],
            chars=self.chars[documents],
            bytes=self.bytes[documents],
            words=self.words[documents],
            stream=self.stream.select(documents),
        )

    def domain_rows(self, document_logprobs: np.ndarray, **identity) -> list[ScoreRow]:
        """The rows of [`TokenisedSource.domain_block`], one by one."""
        return list(self.domain_block(document_logprobs, **identity))

    def domain_block(self, document_logprobs: np.ndarray, **identity) -> RowBlock:
        """One score row per domain from the documents' sums of log-probability.

        Args:
            document_logprobs (`np.ndarray`): [documents], float64.
            identity: the fields of the rows that say what was scored: `model`, `kind`, `mixture`, `model_digest`, …
        """
        sums = np.array([document_logprobs[documents].sum() for documents in self._documents_by_domain.values()])
        shared = shared_fields(**self.row_fields, **identity)
        return RowBlock(shared, tuple(self._documents_by_domain), self._counts, sums)

    @property
    def row_fields(self) -> dict[str, Any]:
        """The fields of all score rows that say which text was scored."""
        source = self.source
        return {
            "source": source.name, "split": source.split, "data_digest": source.digest, "limit": source.limit,
            "limit_by": source.limit_by,
        }  # fmt: skip

    @cached_property
    def domains_of_rows(self) -> set[str | None]:
        """The domains that score rows are of."""
        return set(self.domains)

    @cached_property
    def _documents_by_domain(self) -> dict[str | None, np.ndarray]:
        """Domain, in order → the numbers of its documents."""
        labels = np.array([domain or "" for domain in self.domains])
        names = sorted(set(self.domains), key=lambda name: name or "")
        return {domain: np.flatnonzero(labels == (domain or "")) for domain in names}

    @cached_property
    def _counts(self) -> np.ndarray:
        """What scores are divided by: [`COUNTS`, domains]."""
        sizes = (np.ones_like(self.chars), self.stream.num_tokens, self.chars, self.bytes, self.words)
        groups = self._documents_by_domain.values()
        return np.array([[int(size[documents].sum()) for documents in groups] for size in sizes], dtype=np.int64)

    def document_rows(self, document_logprobs: np.ndarray, **identity) -> list[dict]:
        """One row per document, with its `id` and position, for the file of rows per document."""
        rows = []
        for number, (name, domain) in enumerate(zip(self.names, self.domains, strict=True)):
            row = self._row([number], document_logprobs, domain, identity)
            rows.append({"id": name, "document": number} | vars(row))
        return rows

    def _row(self, chosen: list[int], document_logprobs: np.ndarray, domain: str | None, identity: dict) -> ScoreRow:
        return ScoreRow(
            domain=domain,
            num_docs=len(self.chars[chosen]),
            num_tokens=int(self.stream.num_tokens[chosen].sum()),
            num_chars=int(self.chars[chosen].sum()),
            num_bytes=int(self.bytes[chosen].sum()),
            num_words=int(self.words[chosen].sum()),
            sum_logprob=float(document_logprobs[chosen].sum()),
            **self.row_fields,
            **identity,
        )


def document_sums(token_logprobs: np.ndarray, stream: TokenStream) -> np.ndarray:
    """Sums over each document; 0 for an empty one.

    Args:
        token_logprobs (`np.ndarray`): [tokens of all documents, without prefixes].
        stream (`TokenStream`): the documents.

    Returns:
        `np.ndarray`: [documents], float64.
    """
    document = np.repeat(np.arange(len(stream.num_tokens)), stream.num_tokens)
    return np.bincount(document, weights=token_logprobs, minlength=len(stream.num_tokens))


def stream_cache() -> Path:
    """The folder of token streams by content, shared by all models and runs."""
    return cache_folder("tokens")


def find_prefix(tokenizer, asked: str = "auto") -> str:
    """The token that the first token of a document is conditioned on, as lm-eval's `prefix_token_id`.

    Args:
        tokenizer (`PreTrainedTokenizerBase`): the tokenizer.
        asked (`str`): `bos`, `eos`, or `auto`: BOS if the tokenizer has one, else EOS.

    Returns:
        `str`: `bos` or `eos`.

    Raises:
        `InputError`: if the tokenizer has no such token.
    """
    chosen = asked if asked != "auto" else "eos" if tokenizer.bos_token_id is None else "bos"
    if getattr(tokenizer, f"{chosen}_token_id") is None:
        raise InputError(
            f"the tokenizer has no {chosen.upper()} token, which the first token of a document is conditioned on "
            f"(prefix: {asked})"
        )
    return chosen


def tokenise(source: Source, tokenizer, tokenizer_digest: str, prefix: str, cache: Path | None) -> TokenisedSource:
    """Read and tokenise a source, without special tokens; each document is conditioned on one token before it.

    The text of a special token (`<|endoftext|>`) inside a document becomes that token, as in lm-eval and the original
    evaluation: anything else would make scores incomparable. Its bytes and characters count as text.

    Args:
        source (`Source`): what is read.
        tokenizer (`PreTrainedTokenizerBase`): the tokenizer.
        tokenizer_digest (`str`): what identifies it in the cache.
        prefix (`str`): the token before each document, see [`find_prefix`].
        cache (`Path`, *optional*): see [`stream_cache`].

    Raises:
        `InputError`: for a source that cannot be read.
    """
    documents = source.read()
    prefix_id = getattr(tokenizer, f"{prefix}_token_id")
    stream = _cached_stream(documents, tokenizer, tokenizer_digest, prefix_id, cache)
    return TokenisedSource(
        source=source,
        names=[document.name for document in documents],
        domains=[document.domain for document in documents],
        chars=np.array([len(document.text) for document in documents]),
        bytes=np.array([len(document.text.encode("utf-8", "surrogatepass")) for document in documents]),
        words=np.array([len(_WORD_BOUNDARY.split(document.text)) for document in documents]),
        stream=stream,
    )


def _cached_stream(documents: list[EvalDocument], tokenizer, tokenizer_digest: str, prefix: int, cache: Path | None):
    if cache is None:
        return _tokenise_documents(documents, tokenizer, prefix)
    content = hashlib.sha256()
    for document in documents:
        text = document.text.encode("utf-8", "surrogatepass")
        content.update(len(text).to_bytes(8, "little") + text)
    path = cache / f"{digest([tokenizer_digest, prefix, content.hexdigest()])}.npz"
    if path.is_file():
        with np.load(path) as arrays:
            return TokenStream(arrays["tokens"], arrays["starts"])
    stream = _tokenise_documents(documents, tokenizer, prefix)
    with suppress(OSError), atomic_path(path) as temporary, open(temporary, "wb") as file:  # only a cache
        np.savez(file, tokens=stream.tokens, starts=stream.starts)
    return stream


def _tokenise_documents(documents: list[EvalDocument], tokenizer, prefix: int) -> TokenStream:
    pieces = []
    for first in range(0, len(documents), _BATCH):
        texts = [document.text for document in documents[first : first + _BATCH]]
        encoded = tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False)["input_ids"]
        pieces += [np.asarray(tokens, dtype=np.int32) for tokens in encoded]
    return TokenStream.of(pieces, prefix)


def digest_of_tokenizer(tokenizer) -> str:
    """What identifies a tokenizer: its vocabulary, merges and rules, not its folder."""
    if tokenizer.is_fast:
        return tokenizer_digest(tokenizer)
    return digest([sorted(tokenizer.get_vocab().items()), tokenizer.eos_token, tokenizer.bos_token])
