"""Evaluation sources: documents with domains, in jsonl files, plain or compressed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import InputError
from ...json_lines import read_texts


SPLIT_NAMES = {"val": ("val", "validation", "valid"), "test": ("test",), "train": ("train",)}
SAMPLE_SEED = 1234


@dataclass(frozen=True)
class EvalDocument:
    """A document of an evaluation source.

    Args:
        text (`str`): the text.
        domain (`str`, *optional*): the domain that it belongs to.
        name (`str`): its `id`, or its place in the file; for messages and rows per document.
    """

    text: str
    domain: str | None
    name: str


@dataclass(frozen=True)
class Source:
    """One split of one evaluation data set: files, not yet read.

    Args:
        name (`str`): the source.
        split (`str`): `val` or `test`.
        paths (`tuple[Path, ...]`): its jsonl files, plain or compressed, sorted by name.
        digest (`str`): of their content.
        limit (`int`, *optional*): how many documents are drawn, see [`Source.limited`].
        limit_by (`str`): of what: the `source`, or each `domain`.
    """

    name: str
    split: str
    paths: tuple[Path, ...]
    digest: str
    limit: int | None = None
    limit_by: str = "source"

    def limited(self, limit: int | None, limit_by: str = "source") -> "Source":
        """The same with fewer documents, drawn as in the paper: `random.Random(1234).sample`.

        Args:
            limit (`int`, *optional*): how many are drawn; none: all are read.
            limit_by (`str`): `source`: so many of all its documents; `domain`: so many of the documents of each of
                its domains, each drawn as if it were a source.
        """
        return replace(self, limit=limit, limit_by=limit_by)

    def read(self) -> list[EvalDocument]:
        """The documents, or those that are drawn.

        Raises:
            `InputError`: for a broken file or row, which it names, and for a split without documents.
        """
        documents = [document for path in self.paths for document in _read_documents(path)]
        if not documents:
            raise InputError(f"split {self.split!r} of source {self.name!r} has no documents ({self.paths[0].parent})")
        if self.limit is None:
            return documents
        groups: dict[str | None, list[EvalDocument]] = {}
        for document in documents:
            groups.setdefault(document.domain if self.limit_by == "domain" else None, []).append(document)
        return [document for group in groups.values() for document in _sample(group, self.limit)]


def _sample(documents: list[EvalDocument], limit: int) -> list[EvalDocument]:
    return random.Random(SAMPLE_SEED).sample(documents, limit) if limit < len(documents) else documents


def _read_documents(path: Path) -> Iterator[EvalDocument]:
    for number, row in read_texts(str(path), str(path)):
        domain = row.get("subdomain")
        name = str(row.get("id", f"{path.name}:{number}"))
        yield EvalDocument(row["text"], None if domain in (None, "") else str(domain), name)
