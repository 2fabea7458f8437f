"""What was removed from where and why: exact duplicates, and documents that overlap with evaluation sets."""

import numpy as np

from ..decontamination.report import overlap_by_set
from ..selection.collect import Collection
from ..selection.encode import SAMPLES
from ..selection.index_task import Task
from ..selection.indexed import IndexedDocuments


def removed_documents(collection: Collection) -> tuple[dict, dict]:
    """Counts for the manifest and samples for `removed.json`.

    Returns:
        `tuple[dict, dict]`: the counts: `duplicates` and `overlapping` (documents by place, such as `sympy/train`) and
        `evaluation_sets` (which sets they overlap with); and samples of both kinds.
    """
    counts: dict = {"duplicates": _count_duplicates(collection.indexed)}
    samples: dict = {"duplicates": _duplicate_samples(collection.indexed)}
    if collection.check:
        overlaps = collection.encoded.overlaps()
        counts["overlapping"] = {place: len(hashes) for place, hashes in overlaps.items()}
        counts["evaluation_sets"] = overlap_by_set(collection.check, overlaps)
        samples["overlapping"] = collection.encoded.samples()
    return counts, samples


def _count_duplicates(indexed: IndexedDocuments) -> dict[str, int]:
    portions = indexed.members.portions
    total = np.zeros(len(portions.all), np.int64)
    for task, _, numbers in indexed.tasks():
        total += np.bincount(numbers[indexed.duplicates[task.number]], minlength=len(total))
    return {portions.place(number): int(count) for number, count in enumerate(total) if count}


def _duplicate_samples(indexed: IndexedDocuments) -> dict[str, list[dict]]:
    """A few removed documents of each place, with the one that stayed."""
    removed: dict[str, list[tuple[int, str]]] = {}
    for task, records, portions in indexed.tasks():
        rows = np.flatnonzero(indexed.duplicates[task.number])
        for portion in np.unique(portions[rows]):
            samples = removed.setdefault(indexed.members.portions.place(portion), [])
            for row in rows[portions[rows] == portion][: SAMPLES - len(samples)]:
                samples.append((int(records["content"][row]), _where(task, records[row])))
    wanted = np.array([content for samples in removed.values() for content, _ in samples], np.uint64)
    kept: dict[int, str] = {}
    for task, records, portions in indexed.tasks():
        needed = (portions >= 0) & ~indexed.duplicates[task.number]
        for row in np.flatnonzero(needed & np.isin(records["content"], wanted)):
            kept[int(records["content"][row])] = _where(task, records[row])
    return {
        place: [{"document": where, "same_as": kept[content]} for content, where in samples]
        for place, samples in sorted(removed.items())
    }


def _where(task: Task, record: np.void) -> str:
    return f"{task.files[record['file']].name}, row {record['row']}"
