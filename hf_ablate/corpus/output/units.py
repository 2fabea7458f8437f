"""Base units of one token budget: cut when a partition is larger, repeated (and counted) when it is smaller.

Or whole partitions, each of its own size: then the order of the blocks repeats them in training.
"""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

import numpy as np

from ...errors import InputError
from ..blocks import write_blocks
from ..selection.encoded import EncodedDocuments, PortionDocuments
from ..selection.portions import Portion
from ..splits import BLOCK_FILES


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class UnitSize:
    """How large base units are, and which partitions are too small to become one.

    Args:
        tokens (`int | None`): the budget of every unit; `None` for the size of the smallest.
        are_whole (`bool`): every unit is its whole partition instead.
        block_size (`int`): tokens in a block.
        min_tokens (`int`): the fewest unique tokens that a unit needs.
        max_epochs (`float`): how often a unit smaller than the budget may be repeated.
        on_small (`str`): `fail`, or `drop` units that are too small.
        final_tokens (`int | None`): of the training run that the study plans, whose repetition units get.
    """

    tokens: int | None
    block_size: int
    min_tokens: int = 0
    max_epochs: float = 4.0
    on_small: str = "fail"
    final_tokens: int | None = None
    are_whole: bool = False

    @property
    def fewest_tokens(self) -> int:
        """The fewest unique tokens that a unit needs: at least a block."""
        return max(self.min_tokens, self.block_size)


def choose_units(
    encoded: EncodedDocuments, names: list[str], size: UnitSize
) -> tuple[dict[str, PortionDocuments], dict[str, int]]:
    """The units' training documents and the number of blocks of each.

    Args:
        encoded (`EncodedDocuments`): the documents.
        names (`list[str]`): the partitions that become units.
        size (`UnitSize`): how large units are.

    Raises:
        `InputError`: for units with too few tokens, and for those that the final run repeats too often: which, how
            many, what to do.
    """
    units = {name: documents_of(encoded, Portion("unit", name, "train")) for name in names}
    unique = {name: documents.num_tokens for name, documents in units.items()}
    enough = {name: count for name, count in unique.items() if count >= size.fewest_tokens}
    budget = size.tokens or min(enough.values(), default=size.block_size)
    num_blocks = budget // size.block_size
    needed = num_blocks * size.block_size
    repeats_too_often = {name for name in names if not size.are_whole and unique[name] * size.max_epochs < needed}
    small = [name for name in names if name not in enough or name in repeats_too_often]
    if small:
        _report_small(small, units, budget, size, encoded)
        units = {name: documents for name, documents in units.items() if name not in small}
    if size.are_whole:
        return units, {name: unique[name] // size.block_size for name in units}
    if size.final_tokens:
        units = _repeated_as_in_final_run(units, needed, size)
    return units, dict.fromkeys(units, num_blocks)


def _repeated_as_in_final_run(
    units: dict[str, PortionDocuments], needed: int, size: UnitSize
) -> dict[str, PortionDocuments]:
    """The beginning of each unit that fills the budget in as many epochs as the final run takes of the whole unit.

    The final run sees all units in equal shares. What it does not see whole, or less often than the budget makes the
    study repeat it, stays as it is.
    """
    tokens = size.final_tokens / len(units)
    cut = {
        name: documents.first(needed / max(1.0, tokens / documents.available_tokens), "tokens")
        for name, documents in units.items()
    }
    lines = [
        f"  unit {name!r} has {units[name].available_tokens:,} tokens, which {tokens:,.0f} repeat "
        f"{tokens / units[name].available_tokens:.1f} times: {documents.num_tokens:,} unique tokens of {needed:,}"
        for name, documents in cut.items()
        if documents.num_tokens < size.fewest_tokens or documents.num_tokens * size.max_epochs < needed
    ]
    if lines:
        raise InputError(
            f"the final run, `match_epochs_of` {size.final_tokens:,} tokens in equal shares of {len(units)} units, "
            f"repeats text too often (`min_tokens` {size.fewest_tokens:,}, `max_epochs` {size.max_epochs:g}):\n"
            + "\n".join(lines)
            + "\nRaise `max_epochs` or `unit_tokens`, lower `match_epochs_of`, or leave the partition out of `units`."
        )
    return cut


def documents_of(encoded: EncodedDocuments, portion: Portion) -> PortionDocuments:
    """The documents of a portion."""
    return encoded.of_portion(encoded.portions.number[portion])


def _report_small(
    small: list[str], units: dict[str, PortionDocuments], budget: int, size: UnitSize, encoded: EncodedDocuments
) -> None:
    overlaps = encoded.overlaps()
    lines = []
    for name in small:
        tokens, documents = units[name].num_tokens, len(units[name])
        overlapping = len(overlaps.get(f"{name}/train", ()))
        more = f"; {overlapping:,} more documents overlap with evaluation sets" if overlapping else ""
        epochs = f": the budget is {budget:,}, so {budget / max(1, tokens):.3g} epochs" if not size.are_whole else ""
        lines.append(f"  unit {name!r} has {tokens:,} tokens in {documents:,} documents{epochs}{more}")
    limits = f"`min_tokens` {size.fewest_tokens:,}" + ("" if size.are_whole else f", `max_epochs` {size.max_epochs:g}")
    if size.on_small == "fail" or len(small) == len(units):
        remedy = "Lower `min_tokens`" if size.are_whole else "Lower `unit_tokens`, raise `max_epochs`"
        raise InputError(
            f"too few tokens ({limits}):\n" + "\n".join(lines) + f"\n{remedy}, add documents, leave the partition out "
            "of `units`, or set `on_small_unit: drop`."
        )
    logger.warning("dropped for too few tokens (%s):\n%s", limits, "\n".join(lines))


def write_training_blocks(folder: Path, documents: PortionDocuments, num_blocks: int, block_size: int) -> dict:
    """Write the training blocks of a unit or the seed, and describe them.

    Args:
        folder (`Path`): where to.
        documents (`PortionDocuments`): the documents, repeated as often as needed.
        num_blocks (`int`): the number of blocks.
        block_size (`int`): tokens in a block.

    Returns:
        `dict`: digest, blocks, tokens, unique_tokens, epochs, documents and available_tokens.
    """
    needed = num_blocks * block_size
    used = documents.first(needed, "tokens")
    unique = min(needed, documents.num_tokens)
    digest = write_blocks(folder, "train", _repeated(used), num_blocks, block_size, documents.dtype)
    return {
        "digest": digest,
        "blocks": num_blocks,
        "tokens": needed,
        "unique_tokens": unique,
        "epochs": round(needed / unique, 4) if unique else 0,
        "documents": len(used),
        "available_tokens": documents.available_tokens,
    }


def write_held_out_blocks(folder: Path, split: str, documents: PortionDocuments, block_size: int) -> dict[str, int]:
    """Write the blocks of held-out documents, so that a unit loads with all its splits.

    Args:
        folder (`Path`): the unit's.
        split (`str`): val or test.
        documents (`PortionDocuments`): the documents.
        block_size (`int`): tokens in a block.

    Returns:
        `dict[str, int]`: the entry of the manifest, such as `{"validation_blocks": 3}`.
    """
    num_blocks = documents.num_tokens // block_size
    write_blocks(folder, split, documents.tokens(), num_blocks, block_size, documents.dtype)
    return {f"{BLOCK_FILES[split]}_blocks": num_blocks}


def _repeated(documents: PortionDocuments) -> Iterator[np.ndarray]:
    return chain.from_iterable(documents.tokens() for _ in repeat(None))


def seed_blocks(documents: PortionDocuments, seed_tokens: int | None, block_size: int) -> int:
    """The number of blocks of the seed: all that its text gives, up to `seed_tokens`.

    Args:
        documents (`PortionDocuments`): the seed's text.
        seed_tokens (`int | None`): the most tokens; `None` for all.
        block_size (`int`): tokens in a block.

    Raises:
        `InputError`: if the text does not fill a block.
    """
    num_blocks = min(seed_tokens or math.inf, documents.num_tokens) // block_size
    if not num_blocks:
        raise InputError(f"the seed's partitions hold {documents.num_tokens:,} tokens: less than one block")
    return int(num_blocks)
