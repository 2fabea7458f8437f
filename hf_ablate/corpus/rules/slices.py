"""Random slices of partitions, as controls: what they are slices of, and that none of them is empty."""

from collections.abc import Iterable, Mapping

from ...errors import InputError
from .partition_rule import Partition


SLICE = "slice"


def groups_of(values: Mapping[str, str]) -> dict[str, str]:
    """The fields that units are grouped by: those that name the partition and, of a slice, its `parent`.

    Args:
        values (`Mapping[str, str]`): field of `partition_by` → its value.

    Example:

    ```python
    >>> groups_of({"field": "bio", "years": "1990-1999", "slice": "slice-1-of-4"})["parent"]
    'bio_1990-1999'

    ```
    """
    parent = [value for name, value in values.items() if name != SLICE]
    return {"parent": "_".join(parent), **values} if SLICE in values and parent else dict(values)


def check_slices(partitions: Iterable[Partition], documents: Iterable[int], used: set[str], slices: int) -> None:
    """Refuse slices without a document, which would be missing without a word.

    Args:
        partitions (`Iterable[Partition]`): the partition of every key.
        documents (`Iterable[int]`): how many documents each key has.
        used (`set[str]`): the names of the partitions that are needed.
        slices (`int`): how many slices a partition is cut into.

    Raises:
        `InputError`: for a partition with fewer slices, and the number of its documents.
    """
    counts: dict[str, dict[str, int]] = {}
    needed: set[str] = set()
    for partition, count in zip(partitions, documents, strict=True):
        if SLICE in partition.values:
            parent = groups_of(partition.values).get("parent", "")
            counts.setdefault(parent, {}).setdefault(partition.name, 0)
            counts[parent][partition.name] += count
            needed |= {parent} if partition.name in used else set()
    for parent in sorted(needed):
        if len(counts[parent]) < slices:
            raise InputError(
                f"`slices` cuts {parent or 'the corpus'!r} into {slices}, and its {sum(counts[parent].values())} "
                f"documents fill only {len(counts[parent])} of them; lower `slices`, or leave it out of `units`"
            )
