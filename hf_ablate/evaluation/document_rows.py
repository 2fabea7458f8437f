"""Scores per document, in a file of their own beside the score rows."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from ..errors import InputError
from .rows import ScoreRow


DOCUMENTS = "documents"  # and `.jsonl`, or the number of a process and that


def read_documents(folder: Path) -> dict[tuple, dict]:
    """(key of the score row, position of the document) → the document's row: a score row with `id` and `document`.

    A document that a killed run left a row of is there once.
    """
    names = [entry.name for entry in fields(ScoreRow)]
    found = {}
    for row in (row for path in sorted(folder.glob(f"{DOCUMENTS}*.jsonl")) for row in _read_lines(path)):
        found[ScoreRow(**{name: row[name] for name in names}).key, row["document"]] = row
    return found


def count_documents(folder: Path) -> Counter:
    """Key of the score row → how many of its documents have a row of their own."""
    return Counter(key for key, _ in read_documents(folder))


def _read_lines(path: Path) -> Iterator[dict]:
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError as error:
                raise InputError(f"{path}, line {number} is no row ({error}); remove the line") from error
