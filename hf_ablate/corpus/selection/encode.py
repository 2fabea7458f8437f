"""Tokenising the selected documents of a task, in batches, to files that the units are then put together from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...manifest import atomic_path, write_json
from ..decontamination.check import OverlapCheck, find_overlap
from ..readers.document_format import DocumentFormat
from ..readers.documents import Document
from .index_task import Task, read_records
from .read_selected import read_selected


DOCUMENT = np.dtype(
    [
        ("record", "<u4"),
        ("portion", "<i4"),
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
SAMPLES = 5  # of each portion


@dataclass(frozen=True)
class EncodeJob:
    """What to tokenise of a task; as text, the names of its files.

    Args:
        task (`Task`): the files.
        name (`str`): of the output files.
        selected (`np.ndarray`): numbers of the records to tokenise, ascending.
        portions (`np.ndarray`): the portion of each of them.
        keep_text (`np.ndarray`): whether the text of each is kept too, for evaluation.
    """

    task: Task
    name: str
    selected: np.ndarray
    portions: np.ndarray
    keep_text: np.ndarray

    def __str__(self) -> str:
        return str(self.task)


@dataclass(frozen=True)
class EncodeSettings:
    """How documents are tokenised, and where to.

    Args:
        forms (`Mapping[str, DocumentFormat]`): of each collection, how documents are stored.
        index_folder (`Path`): where their records are.
        folder (`Path`): where the output goes.
        tokenizer_file (`Path`): a `tokenizer.json`.
        bos (`int | None`): the token that starts a document, if any.
        eos (`int`): the token that ends a document.
        dtype (`str`): the type of a token id, such as `<u2`.
        check (`OverlapCheck | None`): what training documents may not overlap with.
    """

    forms: Mapping[str, DocumentFormat]
    index_folder: Path
    folder: Path
    tokenizer_file: Path
    bos: int | None
    eos: int
    dtype: str
    check: OverlapCheck | None


def encode_task(job: EncodeJob, settings: EncodeSettings) -> None:
    """Write `<name>.tokens`, `.rows` (text kept for evaluation), `.documents` and, last, `.json` for a job.

    Documents that overlap with evaluation sets get no tokens; samples of them go to the `.json`.

    Raises:
        `InputError`: if the input files are not the ones that were indexed.
    """
    done = settings.folder / f"{job.name}.json"
    if done.exists():
        return
    tokenizer = _load(settings.tokenizer_file)
    records = read_records(settings.index_folder, job.task)[job.selected]
    entries = _entries(job, records)
    samples: dict[int, list[dict]] = {}
    start = row_start = at = 0
    with (
        atomic_path(settings.folder / f"{job.name}.tokens") as tokens_path,
        atomic_path(settings.folder / f"{job.name}.rows") as rows_path,
        open(tokens_path, "wb") as token_file,
        open(rows_path, "wb") as row_file,
    ):
        documents = read_selected(job.task, records, settings.forms[job.task.collection])
        for batch in _batches(_without_bos(documents, settings.bos)):
            places = range(at, at + len(batch))
            texts = _texts(batch, tokenizer, job.keep_text[at : at + len(batch)] | (settings.check is not None))
            if settings.check:
                _remove_overlapping(settings.check, job, records, entries, samples, (places, batch, texts))
            clean = [place for place in places if not entries["overlap"][place]]
            all_ids = _encode([batch[place - at] for place in clean], tokenizer, settings)
            for place, ids in zip(clean, all_ids, strict=True):
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
    with atomic_path(settings.folder / f"{job.name}.documents") as path:
        path.write_bytes(entries.tobytes())
    write_json(done, {"documents": at, "tokens": start, "samples": samples})


def _entries(job: EncodeJob, records: np.ndarray) -> np.ndarray:
    entries = np.zeros(len(records), DOCUMENT)
    for name in ("order", "content", "bytes"):
        entries[name] = records[name]
    entries["record"], entries["portion"] = job.selected, job.portions
    return entries


def _remove_overlapping(
    check: OverlapCheck, job: EncodeJob, records: np.ndarray, entries: np.ndarray, samples: dict[int, list[dict]],
    batch: tuple[range, list[Document], list[str]],
) -> None:  # fmt: skip
    """Mark the training documents of a batch that overlap with evaluation sets, and sample them."""
    for place, document, text in zip(*batch, strict=True):
        overlap = None if job.keep_text[place] else find_overlap(check, text)
        if overlap is None:
            continue
        entries["overlap"][place], shared = overlap
        of_portion = samples.setdefault(int(job.portions[place]), [])
        if len(of_portion) < SAMPLES:
            file = job.task.files[records["file"][place]].name
            of_portion.append(
                {"file": file, "row": document.row, "id": document.id, "shares": shared, "text": text[:200]}
            )


def _without_bos(documents: Iterator[Document], bos: int | None) -> Iterator[Document]:
    """The documents; of those that came as token ids, the token that starts one is not part of its text."""
    for document in documents:
        starts = bos is not None and document.ids is not None and len(document.ids) and document.ids[0] == bos
        yield replace(document, ids=document.ids[1:]) if starts else document


def _encode(documents: list[Document], tokenizer, settings: EncodeSettings) -> list[np.ndarray]:
    """The token ids of documents, with what starts and ends a document."""
    start = [] if settings.bos is None else [settings.bos]
    if documents and documents[0].ids is not None:
        parts = ([start, document.ids, [settings.eos]] for document in documents)
        return [np.concatenate(some, dtype=settings.dtype, casting="unsafe") for some in parts]
    encodings = tokenizer.encode_batch_fast([document.text for document in documents], add_special_tokens=False)
    return [np.array([*start, *encoding.ids, settings.eos], settings.dtype) for encoding in encodings]


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
