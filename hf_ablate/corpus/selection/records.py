"""Records: the few numbers per document that everything is selected by, and where they come from."""

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from ..inputs.input_file import InputFile
from ..rules.partition_rule import Key
from .left_out import LeftOut


RECORD = np.dtype(
    [
        ("order", "<u8"),
        ("content", "<u8"),
        ("fraction", "<f4"),
        ("split", "<i4"),  # the number of the split that the data gives; BY_HASH where `fraction` decides
        ("bytes", "<u4"),
        ("file", "<u4"),
        ("row", "<u4"),
        ("key", "<u4"),
    ]
)


class Survey(Protocol):
    """What is known of all documents of a corpus before any is selected: by their names, or by reading them."""

    def keys(self) -> list[Key]:
        """All keys."""

    def matched(self) -> set[tuple[str, str, str]]:
        """The entries of rules that matched a document."""

    def records(self) -> Iterator[tuple[list[Key], np.ndarray]]:
        """The records of all documents, part by part.

        Returns:
            `Iterator[tuple[list[Key], np.ndarray]]`: the keys that a record's `key` is a place in, and the records:
            shape (documents,), `RECORD`.
        """

    def bytes_per_token(self) -> float | None:
        """As measured on a sample; `None` where none was taken."""

    def left_out(self) -> LeftOut:
        """The documents that belong to no partition or cannot be used."""

    def files_to_read(self, is_selected: Callable[[list[Key], np.ndarray], np.ndarray]) -> list[InputFile]:
        """The files that must be read for the selected documents and have not been read by the survey."""
