"""Which portion each document belongs to, once all documents are known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..rules.naming import NamingRules, check_all_matched
from ..rules.partition_rule import Key, Partition, PartitionRule
from ..rules.slices import check_slices
from ..splits import BY_HASH, HeldOut
from .budgets import BYTES_PER_TOKEN
from .portions import Portions, Roles
from .records import Survey


@dataclass(frozen=True)
class Membership:
    """Partitions and portions of a corpus.

    Args:
        numbers (`Mapping[Key, int]`): key → its number.
        partitions (`list[Partition]`): the partition of every key, by number.
        portions (`Portions`): what the partitions are needed for.
    """

    numbers: Mapping[Key, int]
    partitions: list[Partition]
    portions: Portions

    def portions_of(self, keys: list[Key], records: np.ndarray) -> np.ndarray:
        """The portion of each record.

        Args:
            keys (`list[Key]`): the keys that a record's `key` is a place in.
            records (`np.ndarray`): the records, `RECORD`.

        Returns:
            `np.ndarray` of shape (records,), integers: numbers of portions; -1 where a document is not needed.
        """
        if not len(records):
            return np.empty(0, np.int64)
        return self.portions.of(self._numbers_of(keys)[records["key"]], records["fraction"], records["split"])

    def partitions_of(self, keys: list[Key], records: np.ndarray) -> list[Partition]:
        """The partition of each record; parameters as above."""
        return [self.partitions[number] for number in self._numbers_of(keys)[records["key"]]]

    def _numbers_of(self, keys: list[Key]) -> np.ndarray:
        return np.array([self.numbers[key] for key in keys], np.int64)


def find_membership(
    survey: Survey, rules: Mapping[str, NamingRules], roles: Roles, held_out: HeldOut, bin_tokens: int | None
) -> Membership:
    """The partitions and portions of a corpus.

    Args:
        survey (`Survey`): all documents.
        rules (`Mapping[str, NamingRules]`): of each collection, what decides partitions.
        roles (`Roles`): what partitions are for.
        held_out (`HeldOut`): what is held out of training.
        bin_tokens (`int | None`): what automatic bins are cut for.

    Raises:
        `InputError`: if no document has a partition, an entry of a rule matches none, or a named partition is missing.
    """
    keys = survey.keys()
    if not keys:
        raise InputError(f"no document belongs to any partition: {survey.left_out().summary()}")
    check_all_matched(rules.values(), survey.matched())
    numbers = {key: number for number, key in enumerate(keys)}
    documents, tokens = _sizes_of_keys(survey, numbers, held_out)
    partition_of: dict[Key, Partition] = {}
    for collection, rules_of_it in rules.items():
        own = [key for key in keys if not collection or key[0] == collection]
        if own:
            found = PartitionRule(rules_of_it).partitions(own, [tokens[numbers[key]] for key in own], bin_tokens)
            partition_of |= dict(zip(own, found, strict=True))
    partitions = [partition_of[key] for key in keys]
    portions = Portions(partitions, roles, held_out)
    for slices in {each.slices for each in rules.values() if each.slices}:
        check_slices(partitions, documents, set(portions.roots), slices)
    return Membership(numbers, partitions, portions)


def _sizes_of_keys(survey: Survey, numbers: Mapping[Key, int], held_out: HeldOut) -> tuple[list[int], list[float]]:
    """How many documents, and about how many training tokens, each key has."""
    documents = np.zeros(len(numbers), np.int64)
    total = np.zeros(len(numbers))
    for keys, records in survey.records():
        if not len(records):
            continue
        places = np.array([numbers[key] for key in keys], np.int64)[records["key"]]
        documents += np.bincount(places, minlength=len(total))
        by_hash = records["fraction"] >= held_out.val + held_out.test
        is_train = np.where(records["split"] == BY_HASH, by_hash, records["split"] == 0)
        total += np.bincount(places, weights=records["bytes"] * is_train, minlength=len(total))
    return documents.tolist(), (total / (survey.bytes_per_token() or BYTES_PER_TOKEN)).tolist()
