"""From input files to tokenised documents: index, drop duplicates, tokenise as much as the budgets need."""

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from .arguments import PartitionArguments
from .blocks import token_dtype
from .budgets import BYTES_PER_TOKEN, check_not_empty, targets_of
from .catalog import Catalog
from .decontamination.check import is_written, write_check
from .decontamination.evaluation_sets import HELD_OUT, list_evaluation_files, texts_of
from .duplicates import find_duplicates
from .encode import EncodeJob, encode_task, read_selected
from .encoded import Encoded
from .index import Index, Task, index_task, make_tasks
from .inputs import InputFile
from .membership import Membership
from .selection import bytes_per_range, limits, range_of
from .tokenizers import load_tokenizer, train_tokenizer
from .workers import run_tasks


logger = logging.getLogger(__name__)

_JOB_BYTES = 64_000_000


class Collector:
    """Collects the documents of all groups.

    Rounds: the documents of a group are taken in their stable order until their bytes should give the tokens it needs;
    where the tokens turn out too few, the next round continues from there.

    Args:
        arguments (`PartitionArguments`): all of them.
        files (`list[InputFile]`): the input.
        work (`Path`): for the intermediate files, by which an interrupted run continues.
    """

    def __init__(self, arguments: PartitionArguments, files: list[InputFile], work: Path) -> None:
        self.arguments = arguments
        self.work = work
        self.index = Index(work / "index")
        self.catalog = Catalog(files, arguments) if arguments.source == "files" else None
        self.files = files
        for folder in ("index", "tokens"):
            (work / folder).mkdir(parents=True, exist_ok=True)
        self.tokenizer = load_tokenizer(arguments.tokenizer) if arguments.tokenizer else None
        self.check_folder = work / "evaluation_sets" if arguments.decontaminate_against else None

    def collect(self) -> Encoded:
        """Tokenise what the budgets need.

        Raises:
            `InputError`: if a partition that is asked for does not exist, or has nothing to evaluate on.
        """
        if not self.catalog:
            self._index_files(self.files)
        self.members = Membership(self.arguments, self.index, self.catalog)
        self.groups = self.members.groups
        self._in_tokens = np.array([group.split == "train" for group in self.groups.groups])
        totals = bytes_per_range(self.members.sizes(), len(self.groups.groups))
        check_not_empty(self.arguments, self.groups, totals.sum(axis=1))
        targets = targets_of(self.arguments, self.groups)
        per_token = np.full(len(targets), BYTES_PER_TOKEN)
        done = np.zeros(len(targets), np.int64)
        encoded = Encoded(self.work / "tokens", self.groups)
        for number in range(64):
            wanted = np.maximum(limits(totals, targets * per_token), done)
            if self.catalog:
                self._index_files(self._files_between(done, wanted))
            self._mark_duplicates()
            if number == 0 and self.check_folder and not is_written(self.check_folder):
                self._write_check(wanted)
            if not self.tokenizer:
                self.tokenizer = self._train_tokenizer(wanted)
            self._encode(number, done, wanted, encoded)
            tokens = encoded.count_tokens(self.duplicates)
            short = (tokens < targets) & (wanted < totals.shape[1]) & self._in_tokens
            if not short.any():
                return encoded
            done = wanted
            measured = np.cumsum(totals, axis=1)[np.arange(len(done)), done - 1] / np.maximum(tokens, 1)
            per_token = np.where(short, np.maximum(per_token, np.minimum(measured, 1e6)) * 1.2, per_token)
        raise RuntimeError("the token budgets were not reached in 64 rounds")

    def _index_files(self, files: list[InputFile]) -> None:
        tasks = make_tasks(files, first_number=len(self.index.tasks))
        function = partial(index_task, arguments=self.arguments, folder=self.index.folder)
        run_tasks(function, tasks, self.arguments.num_proc, "reading")
        self.index.tasks += tasks

    def _files_between(self, done: np.ndarray, wanted: np.ndarray) -> list[InputFile]:
        records = self.catalog.records
        groups = self.groups.of(records["key"], records["fraction"])
        chosen = _between(groups, records["order"], done, wanted)
        return [self.files[place] for place in records["file"][chosen]]

    def _mark_duplicates(self) -> None:
        def parts():
            for task, records in self.index:
                yield records["content"], records["order"], self.members.group_of(task, records) >= 0

        sizes = [len(records) for _, records in self.index]
        if self.arguments.keep_duplicates:
            self.duplicates = {
                task.number: np.zeros(size, bool) for task, size in zip(self.index.tasks, sizes, strict=True)
            }
            return
        self.duplicates = dict(zip((t.number for t in self.index.tasks), find_duplicates(parts, sizes), strict=True))

    def _write_check(self, wanted: np.ndarray) -> None:
        """What no training document may overlap with: given evaluation sets, and the corpus's own held-out text."""
        sets = [(name, texts_of(files)) for name, files in list_evaluation_files(self.arguments).items()]
        if HELD_OUT in self.arguments.decontaminate_against:
            sets.append((HELD_OUT, self._texts(np.where(self._in_tokens, 0, wanted))))
        logger.info("reading what to decontaminate against: %s", ", ".join(name for name, _ in sets))
        write_check(self.check_folder, sets, self.arguments)

    def _texts(self, wanted: np.ndarray) -> Iterator[str]:
        """The texts of the documents of groups down to a place in the order, duplicates left out."""
        for task, records in self.index:
            selected = records[self._selected(task, records, 0 * wanted, wanted)]
            for document in read_selected(task, selected, self.arguments):
                yield document.text if document.ids is None else self.tokenizer.decode(document.ids.tolist())

    def _train_tokenizer(self, wanted: np.ndarray):
        """A tokenizer of the training documents of units and seed, and of nothing that is evaluated on."""
        train = np.where(self._in_tokens, wanted, 0)
        size = sum(
            int(records["bytes"][self._selected(task, records, 0 * train, train)].sum())
            for task, records in self.index
        )
        if size > self.arguments.tokenizer_bytes:
            train = np.ceil(train * self.arguments.tokenizer_bytes / size).astype(np.int64)
        logger.info("training the tokenizer on %.1f MB", min(size, self.arguments.tokenizer_bytes) / 1e6)
        return train_tokenizer(self._texts(train), self.arguments.vocab_size)

    def _selected(self, task: Task, records: np.ndarray, done: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        chosen = _between(self.members.group_of(task, records), records["order"], done, wanted)
        return np.flatnonzero(chosen & ~self.duplicates[task.number])

    def _encode(self, number: int, done: np.ndarray, wanted: np.ndarray, encoded: Encoded) -> None:
        folder = self.work / "tokenizer"
        if not folder.is_dir():
            self.tokenizer.save_pretrained(folder.with_suffix(".partial"))
            folder.with_suffix(".partial").rename(folder)
        dtype = token_dtype(len(self.tokenizer))
        keep_text = ~self._in_tokens
        jobs = []
        for task, records in self.index:
            selected = self._selected(task, records, done, wanted)
            for name, part in self._shared_out(records, selected, f"{task.number:05}-{number:02}"):
                groups = self.members.group_of(task, records[part])
                jobs.append(EncodeJob(task, name, part, groups, keep_text[groups]))
        function = partial(
            encode_task, arguments=self.arguments, index_folder=self.index.folder, folder=encoded.folder,
            tokenizer_file=folder / "tokenizer.json", eos=self.tokenizer.eos_token_id, dtype=dtype.str,
            check_folder=self.check_folder,
        )  # fmt: skip
        run_tasks(function, jobs, self.arguments.num_proc, "tokenising")
        encoded.add([(job.name, job.task.number) for job in jobs], dtype)

    def _shared_out(self, records: np.ndarray, selected: np.ndarray, name: str) -> Iterator[tuple[str, np.ndarray]]:
        """(name, records) of jobs: the documents of a large file are shared out, since only reading it is cheap."""
        size = int(records["bytes"][selected].sum())
        parts = min(self.arguments.num_proc, 1 + size // _JOB_BYTES)
        for number, part in enumerate(np.array_split(selected, parts)):
            if len(part):
                yield f"{name}-{number}-of-{parts}", part


def _between(groups: np.ndarray, order: np.ndarray, done: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    place = range_of(order)
    return (groups >= 0) & (place >= done[groups]) & (place < wanted[groups])
