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
from .decontamination.check import load_check
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
        ("overlap", "<u8"),  # the hash that a removed document shares with an evaluation set; else 0
    ]
)
_BATCH_DOCUMENTS, _BATCH_BYTES = 256, 1_000_000
SAMPLES = 5  # of each group


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
    folder: Path, check_folder: Path | None,
) -> None:  # fmt: skip
    """Write `<name>.tokens`, `.rows` (text kept for evaluation), `.documents` and, last, `.json` for a job.

    Documents that overlap with evaluation sets get no tokens; samples of them go to the `.json`.
    """
    done = folder / f"{job.name}.json"
    if done.exists():
        return
    tokenizer = _load(tokenizer_file)
    check = load_check(check_folder, arguments.decontaminate_by, arguments.ngram_size) if check_folder else None
    records = Index(index_folder).records(job.task)[job.selected]
    entries = np.zeros(len(records), DOCUMENT)
    for name in ("order", "content", "bytes"):
        entries[name] = records[name]
    entries["record"], entries["group"] = job.selected, job.groups
    samples = _Samples()
    start = row_start = at = 0
    with open(folder / f"{job.name}.tokens", "wb") as token_file, open(folder / f"{job.name}.rows", "wb") as row_file:
        for batch in _batches(read_selected(job.task, records, arguments)):
            places = np.arange(at, at + len(batch))
            texts = _texts(batch, tokenizer, job.keep_text[places] | (check is not None))
            if check:
                for place, document, text in zip(places, batch, texts, strict=True):
                    found = None if job.keep_text[place] else check.find(text)
                    if found:
                        entries["overlap"][place], shared = found
                        file = job.task.files[records["file"][place]].name
                        samples.add(job.groups[place], file, document, text, shared)
            clean = [place for place in places if not entries["overlap"][place]]
            ids_of_all = _encode([batch[place - at] for place in clean], tokenizer, eos, dtype)
            for place, ids in zip(clean, ids_of_all, strict=True):
                token_file.write(ids.tobytes())
                entries["start"][place], entries["tokens"][place] = start, len(ids)
                start += len(ids)
                if job.keep_text[place]:
                    row = {"text": texts[place - at], "id": batch[place - at].id}
                    line = json.dumps(row, ensure_ascii=False).encode()
                    row_file.write(line)
                    entries["row_start"][place], entries["row_bytes"][place] = row_start, len(line)
                    row_start += len(line)
            at += len(batch)
    if at != len(records):
        raise InputError(f"the input files changed while they were read (near {job.task.files[0].name}); start again")
    (folder / f"{job.name}.documents").write_bytes(entries.tobytes())
    write_json(done, {"documents": at, "tokens": start, "samples": samples.of_group})


class _Samples:
    """The first few removed documents of each group."""

    def __init__(self) -> None:
        self.of_group: dict[int, list[dict]] = {}

    def add(self, group: int, file: str, document: Document, text: str, shared: str) -> None:
        samples = self.of_group.setdefault(int(group), [])
        if len(samples) < SAMPLES:
            samples.append(
                {"file": file, "row": document.row, "id": document.id, "shares": shared, "text": text[:200]}
            )


def _encode(documents: list[Document], tokenizer, eos: int, dtype: str) -> list[np.ndarray]:
    """The token ids of documents, with end of text."""
    if documents and documents[0].ids is not None:
        return [np.append(document.ids, eos).astype(dtype) for document in documents]
    encodings = tokenizer.encode_batch_fast([document.text for document in documents], add_special_tokens=False)
    return [np.array([*encoding.ids, eos], dtype) for encoding in encodings]


def _texts(documents: list[Document], tokenizer, needed: np.ndarray) -> list[str]:
    """The texts of documents, decoded where they came as token ids and are needed."""
    return [
        tokenizer.decode(document.ids.tolist(), skip_special_tokens=False)
        if document.ids is not None and is_needed
        else document.text
        for document, is_needed in zip(documents, needed, strict=True)
    ]


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
