"""Scores per document, in files of their own in the folder of the score rows."""

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

    A document has one row, also where a killed run had written it already.

    Raises:
        `InputError`: for a line, other than a torn last one, that is not a row; names file and line.
    """
    names = [entry.name for entry in fields(ScoreRow)]
    by_document = {}
    for row in (row for path in sorted(folder.glob(f"{DOCUMENTS}*.jsonl")) for row in _read_lines(path)):
        by_document[ScoreRow(**{name: row[name] for name in names}).key, row["document"]] = row
    return by_document


def count_documents(folder: Path) -> Counter:
    """Key of the score row → how many of its documents have rows."""
    return Counter(key for key, _ in read_documents(folder))


def _read_lines(path: Path) -> Iterator[dict]:
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError as error:
                raise InputError(f"{path}, line {number} is not a row ({error}); remove the line") from error
