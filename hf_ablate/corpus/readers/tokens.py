"""Files of token ids, memory-mapped: raw uint16 or uint32, or with NumPy's header; end of text ends a document."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from ...byte_streams import is_url, open_bytes
from ...errors import InputError
from ..inputs.input_file import InputFile
from .document_format import DocumentFormat
from .documents import BadRow, BadRows, Document


_CHUNK = 1 << 24


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
        bad_rows.handle(BadRow(file.name, "is empty: it holds no token"))
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
    try:
        with open_bytes(file.path) as stream:
            has_header = stream.read(6) == b"\x93NUMPY"
        if is_url(file.path):
            with open_bytes(file.path) as stream:
                return (
                    np.load(stream) if has_header else np.frombuffer(stream.read(), np.dtype(dtype).newbyteorder("<"))
                )
        if has_header:
            ids = np.load(file.path, mmap_mode="r", allow_pickle=False)
        else:
            ids = np.memmap(file.path, np.dtype(dtype).newbyteorder("<"), "r") if file.size else np.empty(0, dtype)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file.name} is not a file of {dtype} token ids ({error}); set `token_dtype` to their type"
        ) from error
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
    from ..tokenizers import load_tokenizer

    loaded = load_tokenizer(tokenizer)
    return loaded.eos_token_id, len(loaded)
