"""Indexing: input files, packed into tasks, to a fixed-size record per document."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...manifest import atomic_path, write_json
from ..hashing import content_hash, draws
from ..inputs.input_file import InputFile
from ..readers.document_format import DocumentFormat
from ..readers.documents import BadRows, Document
from ..readers.read import read_documents
from ..rules.naming import NamingRules
from ..rules.partition_rule import Key, Leftover, PartitionRule
from .left_out import LeftOut
from .records import RECORD
from .token_rate import TokenRate


_TASK_BYTES, _TASK_FILES = 64_000_000, 2_000
_BUFFER = 50_000


@dataclass(frozen=True)
class ReadSettings:
    """How documents are read, and what decides their records.

    Args:
        form (`DocumentFormat`): how they are stored.
        rules (`NamingRules`): what decides partitions and splits.
        random_seed (`int`): what the stable hashes of ids start from.
        max_document_bytes (`int`): longer documents are left out.
        on_bad_row (`str`): `fail` or `skip`, for documents that cannot be read.
        rate_tokenizer (`str | None`): measures bytes per token on a sample; `None` to measure nothing.
    """

    form: DocumentFormat
    rules: NamingRules
    random_seed: int
    max_document_bytes: int
    on_bad_row: str = "fail"
    rate_tokenizer: str | None = None


@dataclass(frozen=True)
class Task:
    """Input files, of one collection, that one process reads in one go; as text, their names."""

    number: int
    files: list[InputFile]

    def __str__(self) -> str:
        first, last = self.files[0].name, self.files[-1].name
        return first if len(self.files) == 1 else f"{first} to {last} ({len(self.files)} files)"

    @property
    def collection(self) -> str:
        """The name of their collection."""
        return self.files[0].collection


def make_tasks(files: list[InputFile], first_number: int = 0) -> list[Task]:
    """Files in order, packed into tasks of about 64 MB or 2,000 files of one collection."""
    tasks: list[Task] = []
    size = 0
    for file in files:
        expected = _TASK_BYTES if file.rows and not file.size else file.size  # a streamed shard has an unknown size
        is_full = size + expected > _TASK_BYTES or (tasks and len(tasks[-1].files) == _TASK_FILES)
        if not tasks or is_full or tasks[-1].collection != file.collection:
            tasks.append(Task(first_number + len(tasks), []))
            size = 0
        tasks[-1].files.append(file)
        size += expected
    return tasks


def index_task(task: Task, readings: Mapping[str, ReadSettings], folder: Path) -> None:
    """Write `<number>.records` and, last, `<number>.json` (keys, documents left out) for the files of a task.

    Args:
        task (`Task`): the files.
        readings (`Mapping[str, ReadSettings]`): of each collection, how its files are read.
        folder (`Path`): where to.
    """
    done = folder / f"{task.number:05}.json"
    if done.exists():
        return
    settings = readings[task.collection]
    recorder, bad_rows = _Recorder(settings), BadRows(settings.on_bad_row)
    with atomic_path(done.with_suffix(".records")) as temporary, open(temporary, "wb") as output:
        records = []
        for number, file in enumerate(task.files):
            for document in read_documents(file, settings.form, bad_rows):
                record = recorder.record(document, file, number)
                if record:
                    records.append(record)
                if len(records) == _BUFFER:
                    output.write(np.array(records, RECORD).tobytes())
                    records = []
        output.write(np.array(records, RECORD).tobytes())
    recorder.left_out.merge(bad_rows.left_out)
    write_json(done, recorder.summary())


class _Recorder:
    """Makes the records of a task's documents, and keeps account of keys and of documents left out."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._rule = PartitionRule(settings.rules)
        self._rate = TokenRate(settings.rate_tokenizer)
        self._keys: dict[Key, int] = {}
        self.left_out = LeftOut()

    def record(self, document: Document, file: InputFile, number: int) -> tuple | None:
        """The record of a document in the file of this number; `None` if it is left out."""
        content, size = document.content()
        where = f"{file.name}, row {document.row}"
        if reason := _unusable(document, size, self._settings.max_document_bytes):
            self.left_out.add(reason, size, where)
            return None
        drawn = draws(document.id, self._settings.random_seed)
        sorted_out = self._rule.sort_out(document.fields, file.origin, drawn)
        if isinstance(sorted_out, Leftover):
            self.left_out.add(sorted_out.reason, size, where + sorted_out.value)
            return None
        key, split = sorted_out
        self._rate.add(document, drawn.order, size)
        key = self._keys.setdefault(key, len(self._keys))
        return drawn.order, content_hash(content), drawn.fraction, split, size, number, document.row, key

    def summary(self) -> dict[str, Any]:
        return {
            "keys": list(self._keys), "matched": self._rule.matched(), "left_out": self.left_out.counts,
            "sample": [self._rate.bytes, self._rate.tokens],
        }  # fmt: skip


def _unusable(document: Document, size: int, max_document_bytes: int) -> str | None:
    if not (document.text.strip() if document.ids is None else len(document.ids)):
        return "is empty"
    if size > max_document_bytes:
        return "is longer than max_document_bytes"
    try:
        document.text.encode("utf-8")
    except UnicodeEncodeError:
        return "holds half a surrogate pair"
    return None


def read_records(folder: Path, task: Task) -> np.ndarray:
    """The records of a task in an index's folder, memory-mapped.

    Returns:
        `np.ndarray` of shape (documents,), `RECORD`.
    """
    path = folder / f"{task.number:05}.records"
    return np.memmap(path, RECORD, "r") if path.stat().st_size else np.empty(0, RECORD)
