"""From input files to tokenised documents: index, drop duplicates, tokenise as much as the budgets need."""

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import InputError
from .arguments import PartitionArguments
from .blocks import token_dtype
from .catalog import Catalog
from .duplicates import find_duplicates
from .encode import EncodeJob, encode_task, read_selected
from .encoded import Encoded
from .groups import Groups
from .index import Dropped, Index, Task, index_task, make_tasks
from .inputs import InputFile
from .rules import PartitionRule
from .selection import bytes_per_range, limits, range_of
from .tokenizers import load_tokenizer, train_tokenizer
from .workers import run_tasks


logger = logging.getLogger(__name__)

# A first guess. Where a group falls short of its budget, another round goes further down the order.
BYTES_PER_TOKEN = 4.0


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

    def collect(self) -> Encoded:
        """Tokenise what the budgets need.

        Raises:
            `InputError`: if a partition that is asked for does not exist, or has nothing to evaluate on.
        """
        if not self.catalog:
            self._index_files(self.files)
        self._make_groups()
        totals = bytes_per_range(self._sizes(), len(self.groups.groups))
        self._check_not_empty(totals.sum(axis=1))
        targets, per_token = self._targets(), np.full(len(self.groups.groups), BYTES_PER_TOKEN)
        done = np.zeros(len(self.groups.groups), np.int64)
        encoded = Encoded(self.work / "tokens", self.groups)
        for number in range(64):
            wanted = np.maximum(limits(totals, targets * per_token), done)
            if self.catalog:
                self._index_files(self._files_between(done, wanted))
            self._mark_duplicates()
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

    def _make_groups(self) -> None:
        if self.catalog:
            keys = self.catalog.keys
        else:
            keys = sorted({key for task in self.index.tasks for key in self.index.keys(task)})
        if not keys:
            reasons = "; ".join(f"{entry['documents']} {reason}" for reason, entry in self.left_out().items())
            raise InputError(f"no document belongs to any partition: {reasons or 'there is no document'}")
        self._key_numbers = {key: number for number, key in enumerate(keys)}
        rule = PartitionRule(self.arguments)
        self.groups = Groups([rule.name(key) for key in keys], self.arguments)
        self._in_tokens = np.array([group.split == "train" for group in self.groups.groups])

    def left_out(self) -> dict[str, dict]:
        """All documents that belong to no partition or cannot be used, by reason."""
        total = Dropped()
        if self.catalog:
            total.merge(self.catalog.leftovers.counts)
            total.merge(self.catalog.dropped.counts)
        total.merge(self.index.left_out("leftovers"))
        total.merge(self.index.left_out("dropped"))
        return total.counts

    def group_of(self, task: Task, records: np.ndarray) -> np.ndarray:
        """The group of each record of a task."""
        numbers = np.array([self._key_numbers[key] for key in self.index.keys(task)], np.int64)
        return self.groups.of(numbers[records["key"]], records["fraction"]) if len(records) else np.empty(0, np.int64)

    def _sizes(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        if self.catalog:
            records = self.catalog.records
            yield self.groups.of(records["key"], records["fraction"]), records["order"], records["bytes"]
        else:
            for task, records in self.index:
                yield self.group_of(task, records), records["order"], records["bytes"]

    def _check_not_empty(self, sizes: np.ndarray) -> None:
        share = {"val": self.arguments.val_fraction, "test": self.arguments.test_fraction}
        for group, size in zip(self.groups.groups, sizes, strict=True):
            if not size and group.split == "train":
                raise InputError(f"{group.role} {group.name!r} has no training documents")
            if not size and share[group.split]:
                raise InputError(
                    f"{group.role} partition {group.name!r} has no document for the {group.split} split; raise "
                    f"`{group.split}_fraction` ({share[group.split]}), or leave the partition out"
                )

    def _targets(self) -> np.ndarray:
        """What each group needs: tokens for training, the given bytes over the first guess for evaluation."""
        a = self.arguments
        needs = {"unit": a.unit_tokens, "seed": a.seed_tokens}
        evaluation = a.eval_bytes / BYTES_PER_TOKEN if a.eval_bytes else None
        targets = [needs[g.role] if g.split == "train" else evaluation for g in self.groups.groups]
        return np.array([np.inf if target is None else target for target in targets])

    def _files_between(self, done: np.ndarray, wanted: np.ndarray) -> list[InputFile]:
        records = self.catalog.records
        groups = self.groups.of(records["key"], records["fraction"])
        chosen = _between(groups, records["order"], done, wanted)
        return [self.files[place] for place in records["file"][chosen]]

    def _mark_duplicates(self) -> None:
        def parts():
            for task, records in self.index:
                yield records["content"], records["order"], self.group_of(task, records) >= 0

        sizes = [len(records) for _, records in self.index]
        self.duplicates = dict(zip((t.number for t in self.index.tasks), find_duplicates(parts, sizes), strict=True))

    def count_duplicates(self) -> dict[str, int]:
        """The duplicates removed from each partition and split, as 'unit/train'."""
        total = np.zeros(len(self.groups.groups), np.int64)
        for task, records in self.index:
            groups = self.group_of(task, records)[self.duplicates[task.number]]
            total += np.bincount(groups, minlength=len(total))
        return {g.name + "/" + g.split: int(n) for g, n in zip(self.groups.groups, total, strict=True) if n}

    def _train_tokenizer(self, wanted: np.ndarray):
        """A tokenizer of the training documents of units and seed, and of nothing that is evaluated on."""
        train = np.where(self._in_tokens, wanted, 0)
        chosen = {task.number: self._selected(task, records, 0 * train, train) for task, records in self.index}
        size = sum(int(records["bytes"][chosen[task.number]].sum()) for task, records in self.index)
        if size > self.arguments.tokenizer_bytes:
            fewer = np.ceil(train * self.arguments.tokenizer_bytes / size).astype(np.int64)
            chosen = {task.number: self._selected(task, records, 0 * train, fewer) for task, records in self.index}

        def texts() -> Iterator[str]:
            for task, records in self.index:
                for document in read_selected(task, records[chosen[task.number]], self.arguments):
                    yield document.text

        logger.info("training the tokenizer on %.1f MB", min(size, self.arguments.tokenizer_bytes) / 1e6)
        return train_tokenizer(texts(), self.arguments.vocab_size)

    def _selected(self, task: Task, records: np.ndarray, done: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        chosen = _between(self.group_of(task, records), records["order"], done, wanted)
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
            groups = self.group_of(task, records[selected])
            if len(selected):
                name = f"{task.number:05}-{number:02}"
                jobs.append(EncodeJob(task, name, selected, groups, keep_text[groups]))
        function = partial(
            encode_task, arguments=self.arguments, index_folder=self.index.folder, folder=encoded.folder,
            tokenizer_file=folder / "tokenizer.json", eos=self.tokenizer.eos_token_id, dtype=dtype.str,
        )  # fmt: skip
        run_tasks(function, jobs, self.arguments.num_proc, "tokenising")
        encoded.add([(job.name, job.task.number) for job in jobs], dtype)


def _between(groups: np.ndarray, order: np.ndarray, done: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    place = range_of(order)
    return (groups >= 0) & (place >= done[groups]) & (place < wanted[groups])
