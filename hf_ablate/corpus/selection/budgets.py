"""How many tokens or bytes each portion needs."""

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..splits import HeldOut
from .portions import Portions


# A first guess. Where a portion falls short of its budget, another round goes further down the order.
BYTES_PER_TOKEN = 4.0


@dataclass(frozen=True)
class Budgets:
    """How much text is needed; `None` for all there is.

    Args:
        unit_tokens (`int | None`): tokens of every unit.
        seed_tokens (`int | None`): tokens for the seed.
        eval_bytes (`int | None`): bytes of each domain and split of evaluation text.
    """

    unit_tokens: int | None
    seed_tokens: int | None
    eval_bytes: int | None


def needed_tokens(budgets: Budgets, portions: Portions) -> np.ndarray:
    """What each portion needs: tokens for training, the given bytes over the first guess for evaluation.

    Returns:
        `np.ndarray` of shape (portions,), float64: tokens, infinite where all there is is needed.
    """
    training = {"unit": budgets.unit_tokens, "seed": budgets.seed_tokens}
    evaluation = budgets.eval_bytes / BYTES_PER_TOKEN if budgets.eval_bytes else None
    needs = [training[portion.role] if portion.split == "train" else evaluation for portion in portions.all]
    return np.array([np.inf if tokens is None else tokens for tokens in needs])


def check_not_empty(portions: Portions, held_out: HeldOut, sizes: np.ndarray) -> None:
    """Refuse units and seeds without training documents and, where the corpus is split here, empty held-out splits.

    Args:
        portions (`Portions`): the portions.
        held_out (`HeldOut`): how documents are held out.
        sizes (`np.ndarray`): the bytes of each portion.

    Raises:
        `InputError`: names the portion and what to do.
    """
    for portion, size in zip(portions.all, sizes, strict=True):
        if size:
            continue
        if portion.split == "train":
            raise InputError(f"{portion.role} {portion.name!r} has no training documents")
        share = held_out.share(portion.split)
        if share and not held_out.by_field:
            raise InputError(
                f"{portion.role} partition {portion.name!r} has no document for the {portion.split} split; raise "
                f"`{portion.split}_fraction` ({share}), or leave the partition out"
            )
