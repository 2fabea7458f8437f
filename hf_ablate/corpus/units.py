"""Base units of one token budget: cut when a partition is larger, repeated (and counted) when it is smaller."""

import logging
import math
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import numpy as np

from ..errors import InputError
from .arguments import PartitionArguments
from .blocks import write_blocks
from .encoded import Encoded, GroupDocuments
from .groups import Group


logger = logging.getLogger(__name__)


def choose_units(
    arguments: PartitionArguments, encoded: Encoded, names: list[str]
) -> tuple[dict[str, GroupDocuments], int]:
    """The units' training documents and the number of blocks of each unit.

    Raises:
        `InputError`: for units with too few tokens: which, how many, what to do.
    """
    units = {name: documents_of(encoded, "unit", name, "train") for name in names}
    unique = {name: documents.num_tokens for name, documents in units.items()}
    enough = {
        name: count for name, count in unique.items() if count >= max(arguments.min_tokens, arguments.block_size)
    }
    budget = arguments.unit_tokens or min(enough.values(), default=arguments.block_size)
    num_blocks = budget // arguments.block_size
    needed = num_blocks * arguments.block_size
    small = [name for name in names if name not in enough or unique[name] * arguments.max_epochs < needed]
    if small:
        _report_small(arguments, small, units, budget, encoded)
        units = {name: documents for name, documents in units.items() if name not in small}
    return units, num_blocks


def documents_of(encoded: Encoded, role: str, name: str, split: str) -> GroupDocuments:
    """The documents of a unit, of the seed, or of an evaluation-only partition."""
    return encoded.of_group(encoded.groups.number[Group(role, name, split)])


def _report_small(arguments: PartitionArguments, small: list[str], units: dict, budget: int, encoded: Encoded) -> None:
    overlaps = encoded.overlaps()
    lines = []
    for name in small:
        tokens, documents = units[name].num_tokens, len(units[name])
        overlapping = len(overlaps.get(f"{name}/train", ()))
        more = f"; {overlapping:,} more documents overlap with evaluation sets" if overlapping else ""
        lines.append(
            f"  unit {name!r} has {tokens:,} tokens in {documents:,} documents: the budget is {budget:,}, so "
            f"{budget / max(1, tokens):.1f} epochs{more}"
        )
    limits = f"`min_tokens` {max(arguments.min_tokens, arguments.block_size):,}, `max_epochs` {arguments.max_epochs:g}"
    if arguments.on_small_unit == "fail" or len(small) == len(units):
        raise InputError(
            f"too few tokens ({limits}):\n" + "\n".join(lines) + "\nLower `unit_tokens`, raise `max_epochs`, add "
            "documents, leave the partition out of `units`, or set `on_small_unit: drop`."
        )
    logger.warning("dropped for too few tokens (%s):\n%s", limits, "\n".join(lines))


def write_training_blocks(
    folder: Path, documents: GroupDocuments, num_blocks: int, block_size: int, dtype: np.dtype
) -> dict:
    """Write the training blocks of a unit or the seed, and say what is in them.

    Returns:
        `dict`: digest, blocks, tokens, unique_tokens, epochs and documents.
    """
    needed = num_blocks * block_size
    used = documents.first(needed, "tokens")
    unique = min(needed, documents.num_tokens)
    digest = write_blocks(folder, "train", _repeated(used), num_blocks, block_size, dtype)
    return {
        "digest": digest,
        "blocks": num_blocks,
        "tokens": needed,
        "unique_tokens": unique,
        "epochs": round(needed / unique, 4) if unique else 0,
        "documents": len(used),
        "available_tokens": documents.num_tokens,
    }


def write_held_out_blocks(folder: Path, name: str, documents: GroupDocuments, block_size: int, dtype: np.dtype) -> int:
    """Write the blocks of held-out documents, so that a unit loads with all its splits; returns their number."""
    num_blocks = documents.num_tokens // block_size
    write_blocks(folder, name, documents.tokens(), num_blocks, block_size, dtype)
    return num_blocks


def _repeated(documents: GroupDocuments) -> Iterator[np.ndarray]:
    return chain.from_iterable(documents.tokens() for _ in repeat(None))


def seed_blocks(arguments: PartitionArguments, documents: GroupDocuments) -> int:
    """The number of blocks of the seed: all that its text gives, up to `seed_tokens`."""
    num_blocks = min(arguments.seed_tokens or math.inf, documents.num_tokens) // arguments.block_size
    if not num_blocks:
        raise InputError(f"the seed's partitions hold {documents.num_tokens:,} tokens: less than one block")
    return int(num_blocks)
