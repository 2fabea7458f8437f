"""The index: a fixed-size record per document (its draws, content hash, size and key), written task by task.

Reading and parsing is cheap next to tokenising, so all documents are indexed first; what is then deduplicated, cut and
tokenised follows from the records. They lie on disk and are memory-mapped: memory does not grow with the corpus.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..manifest import write_json
from .arguments import PartitionArguments
from .hashing import content_hash, draws
from .inputs import InputFile
from .readers import BadRows, Document, read_documents
from .rules import Leftover, PartitionRule


RECORD = np.dtype(
    [
        ("order", "<u8"),
        ("content", "<u8"),
        ("fraction", "<f4"),
        ("bytes", "<u4"),
        ("file", "<u4"),
        ("row", "<u4"),
        ("key", "<u4"),
    ]
)
_TASK_BYTES, _TASK_FILES = 64_000_000, 2_000
_BUFFER = 50_000


@dataclass(frozen=True)
class Task:
    """Input files that one process reads in one go."""

    number: int
    files: list[InputFile]


def make_tasks(files: list[InputFile], first_number: int = 0) -> list[Task]:
    """Files in order, packed into tasks of about 64 MB or 2,000 files."""
    tasks: list[Task] = []
    size = 0
    for file in files:
        if not tasks or size + file.size > _TASK_BYTES or len(tasks[-1].files) == _TASK_FILES:
            tasks.append(Task(first_number + len(tasks), []))
            size = 0
        tasks[-1].files.append(file)
        size += file.size
    return tasks


@dataclass
class Dropped:
    """Documents left out, by reason."""

    counts: dict[str, dict] = field(default_factory=dict)

    def add(self, reason: str, size: int, example: str, documents: int = 1) -> None:
        entry = self.counts.setdefault(reason, {"documents": 0, "bytes": 0, "examples": []})
        entry["documents"] += documents
        entry["bytes"] += size
        if example and example not in entry["examples"] and len(entry["examples"]) < 5:
            entry["examples"].append(example)

    def merge(self, counts: dict[str, dict]) -> None:
        for reason, entry in counts.items():
            self.add(reason, entry["bytes"], "", entry["documents"])
            for example in entry["examples"]:
                self.add(reason, 0, example, 0)


def index_task(task: Task, arguments: PartitionArguments, folder: Path) -> None:
    """Write `<number>.records` and, last, `<number>.json` (keys, documents left out) for the files of a task."""
    done = folder / f"{task.number:05}.json"
    if done.exists():
        return
    rule, keys = PartitionRule(arguments), {}
    dropped, leftovers, bad_rows = Dropped(), Dropped(), BadRows(arguments.on_bad_row)
    with open(done.with_suffix(".records"), "wb") as output:
        records = []
        for number, file in enumerate(task.files):
            for document in read_documents(file, arguments, bad_rows):
                content = document.text.encode("utf-8", "surrogatepass")
                reason = _unusable(document, content, arguments)
                if reason:
                    dropped.add(reason, len(content), f"{file.name}, row {document.row}")
                    continue
                drawn = draws(document.id, arguments.random_seed)
                key = rule.key(document.fields)
                if isinstance(key, Leftover):
                    leftovers.add(key.reason, len(content), key.example or f"{file.name}, row {document.row}")
                    continue
                key = keys.setdefault(key, len(keys))
                hashed = content_hash(content)
                records.append((drawn.order, hashed, drawn.fraction, len(content), number, document.row, key))
                if len(records) == _BUFFER:
                    output.write(np.array(records, RECORD).tobytes())
                    records = []
        output.write(np.array(records, RECORD).tobytes())
    dropped.merge(
        {f"cannot be read: {reason}": {"documents": count, "bytes": 0, "examples": bad_rows.examples}
         for reason, count in bad_rows.counts.items()}
    )  # fmt: skip
    write_json(done, {"keys": list(keys), "dropped": dropped.counts, "leftovers": leftovers.counts})


def _unusable(document: Document, content: bytes, arguments: PartitionArguments) -> str | None:
    if not document.text.strip():
        return "is empty"
    if len(content) > arguments.max_document_bytes:
        return "is longer than max_document_bytes"
    try:
        document.text.encode("utf-8")
    except UnicodeEncodeError:
        return "holds half a surrogate pair"
    return None


@dataclass
class Index:
    """The records of all tasks indexed so far.

    Args:
        folder (`Path`): where the tasks were written.
        tasks (`list[Task]`): the tasks, in order.
    """

    folder: Path
    tasks: list[Task] = field(default_factory=list)

    def records(self, task: Task) -> np.ndarray:
        """The records of a task, memory-mapped."""
        path = self.folder / f"{task.number:05}.records"
        return np.memmap(path, RECORD, "r") if path.stat().st_size else np.empty(0, RECORD)

    def keys(self, task: Task) -> list[tuple[str, ...]]:
        """The keys of a task; a record's `key` is a place in this list."""
        return [tuple(key) for key in self._facts(task)["keys"]]

    def left_out(self, what: str) -> dict[str, dict]:
        """Documents that were `dropped`, or are `leftovers`, over all tasks."""
        total = Dropped()
        for task in self.tasks:
            total.merge(self._facts(task)[what])
        return total.counts

    def _facts(self, task: Task) -> dict:
        return json.loads((self.folder / f"{task.number:05}.json").read_text(encoding="utf-8"))

    def __iter__(self) -> Iterator[tuple[Task, np.ndarray]]:
        for task in self.tasks:
            yield task, self.records(task)
