"""Evaluation sources: PALOMA-style folders, this project's corpora and single jsonl files."""

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..manifest import MANIFEST, digest_files


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


def find_sources(locations: list[Path], split: str) -> list[Source]:
    """The sources at the given places.

    Args:
        locations (`list[Path]`): jsonl(.gz) files (a source each, named after it), folders `<split>/*.jsonl*`
            (one source), folders of such folders (`<source>/<split>/*.jsonl*`, as PALOMA's), corpora or run folders
            of this project.
        split (`str`): `val`, which also finds folders called `validation` or `valid`, or `test`.

    Raises:
        `InputError`: for a place that does not exist or holds no such split, or two sources of one name.
    """
    sources: dict[str, Source] = {}
    for location in locations:
        for source in _sources_at(location, split):
            if source.name in sources:
                raise InputError(f"two sources are called {source.name!r}: {sources[source.name].paths[0]} and "
                                 f"{source.paths[0]}; rename one")  # fmt: skip
            sources[source.name] = source
    return list(sources.values())


def _sources_at(location: Path, split: str) -> list[Source]:
    if location.is_file():
        return [Source(location.name.split(".")[0], split, (location,), digest_files([location]))]
    if not location.is_dir():
        raise InputError(f"evaluation data {location} does not exist (looked for {location.resolve()})")
    folder = next((location / inner for inner in ("corpus/eval", "eval") if (location / inner).is_dir()), location)
    recorded = _recorded_digests(folder, split)
    own = _split_files(folder, split)
    if own:
        return [Source(folder.resolve().name, split, own, digest_files(list(own)))]
    found = []
    for child in sorted(path for path in folder.iterdir() if path.is_dir()):
        if paths := _split_files(child, split):
            found.append(Source(child.name, split, paths, recorded.get(child.name) or digest_files(list(paths))))
    if not found:
        raise InputError(
            f"no source in {folder} has a split {split!r}; expected <source>/{split}/*.jsonl.gz, or {split}/*.jsonl.gz"
        )
    return found


def _recorded_digests(eval_folder: Path, split: str) -> dict[str, str]:
    """The digests of a corpus of this project, which its manifest holds."""
    manifest = eval_folder.parent / MANIFEST
    if eval_folder.name != "eval" or not manifest.is_file():
        return {}
    sources = json.loads(manifest.read_text(encoding="utf-8")).get("eval", {})
    return {name: splits[split]["digest"] for name, splits in sources.items() if split in splits}


def _split_files(folder: Path, split: str) -> tuple[Path, ...]:
    paths = [
        path
        for name in SPLIT_NAMES.get(split, (split,))
        for pattern in ("*.jsonl", "*.jsonl.gz")
        for path in (folder / name).glob(pattern)
    ]
    return tuple(sorted(paths, key=lambda path: path.name))


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
    return Document(text, None if domain is None else str(domain), str(row.get("id", f"{path.name}:{number}")))
