"""What was removed from where and why: exact duplicates, and documents that overlap with evaluation sets."""

import numpy as np

from .collect import Collector
from .decontamination.report import overlap_by_set
from .encode import SAMPLES
from .encoded import Encoded


def removed_documents(collector: Collector, encoded: Encoded) -> tuple[dict, dict]:
    """Counts for the manifest and samples for `removed.json`.

    Places are written `<unit>/<split>`. Of the counts, `duplicates` and `overlapping` are documents by place;
    `evaluation_sets` says which sets they overlap with.
    """
    counts: dict = {"duplicates": _count_duplicates(collector)}
    samples: dict = {"duplicates": _duplicate_samples(collector)}
    if collector.check_folder:
        overlaps = encoded.overlaps()
        counts["overlapping"] = {place: len(hashes) for place, hashes in overlaps.items()}
        counts["evaluation_sets"] = overlap_by_set(collector.check_folder, overlaps)
        samples["overlapping"] = encoded.samples()
    return counts, samples


def _count_duplicates(collector: Collector) -> dict[str, int]:
    total = np.zeros(len(collector.groups.groups), np.int64)
    for task, records in collector.index:
        groups = collector.members.group_of(task, records)[collector.duplicates[task.number]]
        total += np.bincount(groups, minlength=len(total))
    return {collector.groups.place(number): int(count) for number, count in enumerate(total) if count}


def _duplicate_samples(collector: Collector) -> dict[str, list[dict]]:
    """A few removed documents of each place, with the one that stayed."""
    removed: dict[str, list[tuple[int, str]]] = {}
    for task, records in collector.index:
        rows = np.flatnonzero(collector.duplicates[task.number])
        groups = collector.members.group_of(task, records[rows])
        for group in np.unique(groups):
            found = removed.setdefault(collector.groups.place(group), [])
            for row in rows[groups == group][: SAMPLES - len(found)]:
                found.append((int(records["content"][row]), _where(task, records[row])))
    wanted = np.array([content for found in removed.values() for content, _ in found], np.uint64)
    kept: dict[int, str] = {}
    for task, records in collector.index:
        needed = (collector.members.group_of(task, records) >= 0) & ~collector.duplicates[task.number]
        for row in np.flatnonzero(needed & np.isin(records["content"], wanted)):
            kept[int(records["content"][row])] = _where(task, records[row])
    return {
        place: [{"document": where, "same_as": kept[content]} for content, where in found]
        for place, found in sorted(removed.items())
    }


def _where(task, record: np.void) -> str:
    return f"{task.files[record['file']].name}, row {record['row']}"
