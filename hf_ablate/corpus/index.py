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
from .groups import GIVEN_SPLIT
from .hashing import content_hash, draws
from .inputs import InputFile
from .left_out import LeftOut
from .readers import BadRows, Document, read_documents
from .rules import Key, Leftover, PartitionRule
from .token_rate import TokenRate


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
        expected = _TASK_BYTES if file.rows and not file.size else file.size  # a streamed shard has an unknown size
        if not tasks or size + expected > _TASK_BYTES or len(tasks[-1].files) == _TASK_FILES:
            tasks.append(Task(first_number + len(tasks), []))
            size = 0
        tasks[-1].files.append(file)
        size += expected
    return tasks


def index_task(task: Task, arguments: PartitionArguments, folder: Path) -> None:
    """Write `<number>.records` and, last, `<number>.json` (keys, documents left out) for the files of a task."""
    done = folder / f"{task.number:05}.json"
    if done.exists():
        return
    rule, keys = PartitionRule(arguments), {}
    left_out, bad_rows, rate = LeftOut(), BadRows(arguments.on_bad_row), TokenRate(arguments)
    with open(done.with_suffix(".records"), "wb") as output:
        records = []
        for number, file in enumerate(task.files):
            for document in read_documents(file, arguments, bad_rows):
                content, size = document.content()
                reason = _unusable(document, size, arguments)
                if reason:
                    left_out.add(reason, size, f"{file.name}, row {document.row}")
                    continue
                drawn = draws(document.id, arguments.random_seed)
                key, split = rule.key(document.fields, file.root, drawn), rule.split(document.fields)
                left_over = next((part for part in (key, split) if isinstance(part, Leftover)), None)
                if left_over:
                    example = left_over.example or f"{file.name}, row {document.row}"
                    left_out.add(left_over.reason, size, example)
                    continue
                rate.add(document, drawn.order, size)
                key = keys.setdefault(key, len(keys))
                fraction = GIVEN_SPLIT[split] if split else drawn.fraction
                records.append((drawn.order, content_hash(content), fraction, size, number, document.row, key))
                if len(records) == _BUFFER:
                    output.write(np.array(records, RECORD).tobytes())
                    records = []
        output.write(np.array(records, RECORD).tobytes())
    left_out.merge(
        {f"cannot be read: {reason}": {"documents": count, "bytes": 0, "examples": bad_rows.examples}
         for reason, count in bad_rows.counts.items()}
    )  # fmt: skip
    facts = {"keys": list(keys), "matched": rule.matched(), "left_out": left_out.counts}
    write_json(done, {**facts, "sample": [rate.bytes, rate.tokens]})


def _unusable(document: Document, size: int, arguments: PartitionArguments) -> str | None:
    if not (document.text.strip() if document.ids is None else len(document.ids)):
        return "is empty"
    if size > arguments.max_document_bytes:
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

    def keys(self, task: Task) -> list[Key]:
        """The keys of a task; a record's `key` is a place in this list."""
        return [tuple(key) for key in self._facts(task)["keys"]]

    def matched(self) -> set[tuple[str, str, str]]:
        """The entries of rules that matched a document of any task."""
        return {tuple(entry) for task in self.tasks for entry in self._facts(task)["matched"]}

    def bytes_per_token(self) -> float | None:
        """As measured on a sample; None where none was taken."""
        samples = [self._facts(task)["sample"] for task in self.tasks]
        tokens = sum(tokens for _, tokens in samples)
        return sum(size for size, _ in samples) / tokens if tokens else None

    def left_out(self) -> LeftOut:
        """Documents that were left out, over all tasks."""
        total = LeftOut()
        for task in self.tasks:
            total.merge(self._facts(task)["left_out"])
        return total

    def _facts(self, task: Task) -> dict:
        return json.loads((self.folder / f"{task.number:05}.json").read_text(encoding="utf-8"))

    def __iter__(self) -> Iterator[tuple[Task, np.ndarray]]:
        for task in self.tasks:
            yield task, self.records(task)
