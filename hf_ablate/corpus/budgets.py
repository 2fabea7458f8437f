"""How many tokens or bytes each group of documents needs."""

import numpy as np

from ..errors import InputError
from .arguments import PartitionArguments
from .groups import Groups


# A first guess. Where a group falls short of its budget, another round goes further down the order.
BYTES_PER_TOKEN = 4.0


def targets_of(arguments: PartitionArguments, groups: Groups) -> np.ndarray:
    """What each group needs: tokens for training, the given bytes over the first guess for evaluation."""
    needs = {"unit": arguments.unit_tokens, "seed": arguments.seed_tokens}
    evaluation = arguments.eval_bytes / BYTES_PER_TOKEN if arguments.eval_bytes else None
    targets = [needs[group.role] if group.split == "train" else evaluation for group in groups.groups]
    return np.array([np.inf if target is None else target for target in targets])


def check_not_empty(arguments: PartitionArguments, groups: Groups, sizes: np.ndarray) -> None:
    """Refuse units and seeds without training documents and, where the corpus is split here, empty held-out splits.

    Args:
        arguments (`PartitionArguments`): how documents are held out.
        groups (`Groups`): the groups.
        sizes (`np.ndarray`): the bytes of each group.

    Raises:
        `InputError`: names the group and what to do.
    """
    share = {"val": arguments.val_fraction, "test": arguments.test_fraction}
    for group, size in zip(groups.groups, sizes, strict=True):
        if size:
            continue
        if group.split == "train":
            raise InputError(f"{group.role} {group.name!r} has no training documents")
        if share[group.split] and not arguments.split_field:
            raise InputError(
                f"{group.role} partition {group.name!r} has no document for the {group.split} split; raise "
                f"`{group.split}_fraction` ({share[group.split]}), or leave the partition out"
            )
