"""Files of token ids, memory-mapped: raw uint16 or uint32, or with NumPy's header; end of text ends a document."""

import io
from collections.abc import Iterator
from functools import lru_cache
from tokenize import TokenError

import numpy as np

from ...byte_streams import is_url, open_bytes
from ...errors import InputError, reason
from ..inputs.input_file import InputFile
from .document_format import DocumentFormat
from .documents import BadRow, BadRows, Document


_CHUNK = 1 << 24
_HEADER = b"\x93NUMPY"
_UNREADABLE = (OSError, ValueError, EOFError, SyntaxError, TokenError, MemoryError)  # of a header, by NumPy


def read(file: InputFile, form: DocumentFormat, bad_rows: BadRows, rows: set[int] | None) -> Iterator[Document]:
    """A document up to each end of text; what follows the last one is a document too.

    Args:
        file (`InputFile`): the file.
        form (`DocumentFormat`): how documents are stored.
        bad_rows (`BadRows`): takes the documents that cannot be read.
        rows (`set[int] | None`): only these rows.
    """
    ids = _load(file, form.token_dtype)
    eos, vocab_size = _tokenizer_facts(form.tokenizer)
    if not len(ids):
        bad_rows.handle_empty(file.name, "token")
    for row, (start, stop) in enumerate(_spans(ids, eos)):
        if rows is not None and row not in rows:
            continue
        document = np.asarray(ids[start:stop])
        if len(document) and (largest := int(document.max())) >= vocab_size:
            detail = f"id {largest}, vocabulary of {vocab_size}: it was made with another `tokenizer` or `token_dtype`"
            bad_rows.handle(BadRow(f"{file.name}, document {row + 1}", "holds ids that the tokenizer lacks", detail))
            continue
        yield Document(row, f"{file.name}:{row}", "", dict(file.fields or {}), document)


def _load(file: InputFile, dtype: str) -> np.ndarray:
    raw = np.dtype(dtype).newbyteorder("<")
    try:
        with open_bytes(file.path) as stream:
            start = stream.read(6)
            if is_url(file.path):
                content = io.BytesIO(start + stream.read())
                ids = np.load(content) if start == _HEADER else np.frombuffer(content.getvalue(), raw)
        if not is_url(file.path):
            if start == _HEADER:
                ids = np.load(file.path, mmap_mode="r", allow_pickle=False)
            else:
                ids = np.memmap(file.path, raw, "r") if file.size else np.empty(0, dtype)
    except _UNREADABLE as error:
        raise InputError(
            f"{file.name} is not a file of {dtype} token ids ({reason(error)}); set `token_dtype` to their type"
        ) from error
    if start.startswith(b"PK\x03\x04"):
        raise InputError(f"{file.name} is a zip archive, such as np.savez writes; save each array with np.save")
    if ids.ndim != 1 or ids.dtype.kind != "u":
        raise InputError(
            f"{file.name} holds {ids.dtype} of shape {ids.shape}; expected one dimension of unsigned token ids"
        )
    return ids


def _spans(ids: np.ndarray, eos: int) -> Iterator[tuple[int, int]]:
    start = 0
    for chunk in range(0, len(ids), _CHUNK):
        for place in np.flatnonzero(ids[chunk : chunk + _CHUNK] == eos).tolist():
            yield start, chunk + place
            start = chunk + place + 1
    if start < len(ids):
        yield start, len(ids)


@lru_cache(maxsize=1)
def _tokenizer_facts(tokenizer: str) -> tuple[int, int]:
    from ...saved_tokenizer import vocab_size_of
    from ..tokenizers import load_tokenizer

    loaded = load_tokenizer(tokenizer)
    return loaded.eos_token_id, vocab_size_of(loaded)
