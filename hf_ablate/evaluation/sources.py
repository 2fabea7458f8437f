"""Evaluation sources: documents with domains, in jsonl(.gz) files."""

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError


SPLIT_NAMES = {"val": ("val", "validation", "valid"), "test": ("test",), "train": ("train",)}
SAMPLE_SEED = 1234


@dataclass(frozen=True)
class Document:
    """A text, the domain it belongs to, and a name for messages."""

    text: str
    domain: str | None
    name: str


@dataclass(frozen=True)
class Source:
    """One split of one evaluation data set: files, not yet read.

    Args:
        name (`str`): the source.
        split (`str`): `val` or `test`.
        paths (`tuple[Path, ...]`): its jsonl(.gz) files, sorted by name.
        digest (`str`): of their content.
    """

    name: str
    split: str
    paths: tuple[Path, ...]
    digest: str

    def read(self, limit: int | None = None) -> list[Document]:
        """The documents, or `limit` of them, drawn as in the paper: `random.Random(1234).sample` of the source.

        Raises:
            `InputError`: for a broken file or row (which one), or a split without documents.
        """
        documents = [document for path in self.paths for document in _read_documents(path)]
        if not documents:
            raise InputError(f"split {self.split!r} of source {self.name!r} has no documents ({self.paths[0].parent})")
        if limit is not None and limit < len(documents):
            documents = random.Random(SAMPLE_SEED).sample(documents, limit)
        return documents


def _read_documents(path: Path) -> Iterator[Document]:
    opened = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opened(path, "rt", encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _parse(line, path, number)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read after line {number}: {error}; fetch or write the file again"
        ) from error


def _parse(line: str, path: Path, number: int) -> Document:
    try:
        row = json.loads(line)
        text = row["text"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{path}, line {number}: expected a JSON object with a `text` ({error})") from error
    if not isinstance(text, str):
        raise InputError(f"{path}, line {number}: `text` is {type(text).__name__}; expected a string")
    domain = row.get("subdomain")
    return Document(text, None if domain in (None, "") else str(domain), str(row.get("id", f"{path.name}:{number}")))
