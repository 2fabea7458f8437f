"""Tokenising the selected documents of a task, in batches, to files that the units are then put together from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..manifest import write_json
from .arguments import PartitionArguments
from .index import Index, Task
from .readers import BadRows, Document, read_documents


DOCUMENT = np.dtype(
    [
        ("record", "<u4"),
        ("group", "<i4"),
        ("order", "<u8"),
        ("content", "<u8"),
        ("bytes", "<u4"),
        ("tokens", "<u4"),
        ("start", "<u8"),
        ("row_start", "<u8"),
        ("row_bytes", "<u4"),
    ]
)
_BATCH_DOCUMENTS, _BATCH_BYTES = 256, 1_000_000


@dataclass(frozen=True)
class EncodeJob:
    """What to tokenise of a task.

    Args:
        task (`Task`): the files.
        name (`str`): of the output files.
        selected (`np.ndarray`): numbers of the records to tokenise, ascending.
        groups (`np.ndarray`): the group of each of them.
        keep_text (`np.ndarray`): whether the text of each is kept too, for evaluation.
    """

    task: Task
    name: str
    selected: np.ndarray
    groups: np.ndarray
    keep_text: np.ndarray


def encode_task(
    job: EncodeJob, arguments: PartitionArguments, index_folder: Path, tokenizer_file: Path, eos: int, dtype: str,
    folder: Path,
) -> None:  # fmt: skip
    """Write `<name>.tokens`, `.rows` (text kept for evaluation), `.documents` and, last, `.json` for a job."""
    done = folder / f"{job.name}.json"
    if done.exists():
        return
    tokenizer = _load(tokenizer_file)
    records = Index(index_folder).records(job.task)[job.selected]
    entries = np.zeros(len(records), DOCUMENT)
    for name in ("order", "content", "bytes"):
        entries[name] = records[name]
    entries["record"], entries["group"] = job.selected, job.groups
    start = row_start = at = 0
    with open(folder / f"{job.name}.tokens", "wb") as token_file, open(folder / f"{job.name}.rows", "wb") as row_file:
        for batch in _batches(read_selected(job.task, records, arguments)):
            encodings = tokenizer.encode_batch_fast([document.text for document in batch], add_special_tokens=False)
            for document, encoding in zip(batch, encodings, strict=True):
                ids = np.array([*encoding.ids, eos], dtype)
                token_file.write(ids.tobytes())
                entries["start"][at], entries["tokens"][at] = start, len(ids)
                start += len(ids)
                if job.keep_text[at]:
                    row = json.dumps({"text": document.text, "id": document.id}, ensure_ascii=False).encode()
                    row_file.write(row)
                    entries["row_start"][at], entries["row_bytes"][at] = row_start, len(row)
                    row_start += len(row)
                at += 1
    if at != len(records):
        raise InputError(f"the input files changed while they were read (near {job.task.files[0].name}); start again")
    (folder / f"{job.name}.documents").write_bytes(entries.tobytes())
    write_json(done, {"documents": at, "tokens": start})


@lru_cache(maxsize=1)
def _load(tokenizer_file: Path):
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(tokenizer_file))


def read_selected(task: Task, records: np.ndarray, arguments: PartitionArguments) -> Iterator[Document]:
    """The documents that records, in the order of the index, stand for."""
    bad_rows = BadRows("fail")
    edges = np.searchsorted(records["file"], np.arange(len(task.files) + 1))
    for number, file in enumerate(task.files):
        rows = records["row"][edges[number] : edges[number + 1]]
        if len(rows):
            yield from read_documents(file, arguments, bad_rows, set(rows.tolist()))


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.text)
        if len(batch) == _BATCH_DOCUMENTS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
