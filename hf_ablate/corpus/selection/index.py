"""The index: a fixed-size record per document (its draws, content hash, size and key), written task by task.

Reading and parsing is cheap next to tokenising, so all documents are indexed first; what is then deduplicated, cut and
tokenised follows from the records. They are on disk and memory-mapped: memory does not grow with the corpus.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from ..inputs.input_file import InputFile
from ..rules.partition_rule import Key
from .index_task import ReadSettings, Task, index_task, make_tasks, read_records
from .left_out import LeftOut
from .workers import Workers, run_tasks


class Index:
    """The records of all files that were read so far. Where all files are read at once, it is the corpus's survey.

    Args:
        folder (`Path`): where the tasks are written.
        readings (`Mapping[str, ReadSettings]`): of each collection, how its files are read.
    """

    def __init__(self, folder: Path, readings: Mapping[str, ReadSettings]) -> None:
        self.folder, self._readings = folder, readings
        self.tasks: list[Task] = []

    def add(self, files: list[InputFile], workers: Workers) -> None:
        """Read files, but for those of tasks that an interrupted run has finished."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tasks = make_tasks(files, first_number=len(self.tasks))
        run_tasks(partial(index_task, readings=self._readings, folder=self.folder), tasks, workers, "reading")
        self.tasks += tasks

    def records_of(self, task: Task) -> np.ndarray:
        """The records of a task, memory-mapped.

        Returns:
            `np.ndarray` of shape (documents,), `RECORD`.
        """
        return read_records(self.folder, task)

    def keys_of(self, task: Task) -> list[Key]:
        """The keys of a task; a record's `key` is a place in this list."""
        return [tuple(key) for key in self._summary(task)["keys"]]

    def keys(self) -> list[Key]:
        """All keys, sorted."""
        return sorted({key for task in self.tasks for key in self.keys_of(task)})

    def matched(self) -> set[tuple[str, str, str]]:
        """The entries of rules that matched a document of any task."""
        return {tuple(entry) for task in self.tasks for entry in self._summary(task)["matched"]}

    def records(self) -> Iterator[tuple[list[Key], np.ndarray]]:
        """The records of every task.

        Returns:
            `Iterator[tuple[list[Key], np.ndarray]]`: the keys that a record's `key` is a place in, and the records:
            shape (documents,), `RECORD`.
        """
        for task in self.tasks:
            yield self.keys_of(task), self.records_of(task)

    def bytes_per_token(self) -> float | None:
        """As measured on a sample; `None` where none was taken."""
        samples = [self._summary(task)["sample"] for task in self.tasks]
        tokens = sum(tokens for _, tokens in samples)
        return sum(size for size, _ in samples) / tokens if tokens else None

    def left_out(self) -> LeftOut:
        """Documents that were left out, over all tasks."""
        total = LeftOut()
        for task in self.tasks:
            total.merge(self._summary(task)["left_out"])
        return total

    def files_to_read(self, is_selected: Callable[[list[Key], np.ndarray], np.ndarray]) -> list[InputFile]:
        """None: all were read."""
        return []

    def _summary(self, task: Task) -> dict:
        return json.loads((self.folder / f"{task.number:05}.json").read_text(encoding="utf-8"))
