"""Splits: their names, and what is held out of training."""

from dataclasses import dataclass


SPLITS = ("train", "val", "test")
BY_HASH = -1  # in place of a split's number: the hash of the document's id decides
BLOCK_FILES = {"train": "train", "val": "validation", "test": "test"}  # split → how its Arrow files are called


@dataclass(frozen=True)
class HeldOut:
    """What is held out of training.

    Args:
        val (`float`): the share of documents held out for validation.
        test (`float`): the share of documents held out for test.
        by_field (`bool`): whether a field of the documents gives the split; the shares are then not enforced.
    """

    val: float
    test: float
    by_field: bool = False

    def share(self, split: str) -> float:
        """The share of documents of a held-out split."""
        return {"val": self.val, "test": self.test}[split]
