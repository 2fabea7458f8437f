"""Where evaluation sources are: PALOMA-style folders, this project's corpora, single jsonl files, the Hub."""

import os
from pathlib import Path

from ...corpus.description import CorpusDescription
from ...corpus.inputs.skipped import Skipped
from ...corpus.inputs.text_files import text_files
from ...errors import InputError, refused, unknown_name
from ...json_lines import holds_rows
from ...manifest import digest_files
from ...run_folder import RunFolder
from .hub_data import hub_sources, is_hub_name
from .sources import SPLIT_NAMES, Source


_EVAL = RunFolder(Path()).eval  # where evaluation text is, relative to a run folder


def find_sources(locations: list[str | Path], split: str) -> list[Source]:
    """The sources at the given places.

    Args:
        locations (`list[str | Path]`): files of JSON lines, plain or compressed (a source each, named after it),
            folders `<split>/*.jsonl*` (one source), folders of such folders (`<source>/<split>/*.jsonl*`, as in
            PALOMA), corpora or run folders of this project; or names on the Hub, as `str`, see [`hub_sources`].
        split (`str`): `val`, which also finds folders called `validation` or `valid`, or `test`.

    What lies there but is not scored is reported, a line per reason.

    Raises:
        `InputError`: for a place that does not exist, cannot be read or does not hold the split, and for two sources
            of one name.
    """
    sources: dict[str, Source] = {}
    skipped = Skipped()
    for location in locations:
        for source in _sources_at(location, split, skipped):
            if source.name in sources:
                raise InputError(f"two sources are called {source.name!r}: {sources[source.name].paths[0]} and "
                                 f"{source.paths[0]}; rename one")  # fmt: skip
            sources[source.name] = source
    skipped.report()
    return list(sources.values())


def sources_of(run_dir: Path, places: list[str], split: str) -> list[Source]:
    """The sources at the given places, or where none is given, the study's own; see [`find_sources`].

    Args:
        run_dir (`Path`): the study's run folder.
        places (`list[str]`): as [`find_sources`] takes them.
        split (`str`): `val` or `test`.

    Raises:
        `InputError`: as [`find_sources`] does.
    """
    return find_sources(places or [RunFolder(run_dir).corpus], split)


def text_folder(location: Path) -> Path:
    """Where the sources are in a run folder or corpus; any other folder is taken to hold them itself.

    Args:
        location (`Path`): a folder.
    """
    of_run_folder, of_corpus = location / _EVAL, location / _EVAL.name
    return next((inner for inner in (of_run_folder, of_corpus) if inner.is_dir()), location)


def is_on_hub(location: str) -> bool:
    """Whether a place is a data set on the Hub: it is called like one, and is not here."""
    return not os.path.lexists(location) and is_hub_name(location)


def choose_sources(sources: list[Source], names: list[str] | None) -> list[Source]:
    """The sources with the given names, in the order of the sources; all of them without names.

    Raises:
        `InputError`: for a name that no source has, and an empty list of names.
    """
    if names is None:
        return sources
    if not names:
        raise InputError("sources is empty; name those to score, or leave it out for all")
    for name in names:
        if name not in [source.name for source in sources]:
            raise unknown_name("source", name, [source.name for source in sources])
    return [source for source in sources if source.name in names]


def _sources_at(name: str | Path, split: str, skipped: Skipped) -> list[Source]:
    location = Path(name)
    if isinstance(name, str) and is_on_hub(name):
        return hub_sources(name, split)
    if location.is_file():
        return [Source(location.name.split(".")[0], split, (location,), digest_files([location]))]
    if not location.is_dir():
        raise InputError(f"evaluation data {location} does not exist (looked for {os.path.realpath(location)})")
    folder = text_folder(location)
    recorded = _recorded_digests(folder, split)
    if files := _split_files(folder, split, skipped):
        return [Source(folder.resolve().name, split, files, digest_files(list(files)))]
    sources = []
    for child in _children(folder, skipped):
        if paths := _split_files(child, split, skipped):
            sources.append(Source(child.name, split, paths, recorded.get(child.name) or digest_files(list(paths))))
        else:
            skipped.add(f"no split {split!r}", str(child))
    if not sources:
        raise InputError(
            f"no source in {folder} has a split {split!r}; expected <source>/{split}/*.jsonl.gz, or {split}/*.jsonl.gz"
        )
    return sources


def _children(folder: Path, skipped: Skipped) -> list[Path]:
    """The folders in a folder."""
    with refused(f"{folder} cannot be read", OSError):
        entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    for path in entries:
        if path.is_file() and holds_rows(str(path), "text"):
            skipped.add("outside of the sources' folders", str(path))
        elif not os.path.exists(path):
            skipped.add("links to nothing", str(path))
    return [path for path in entries if path.is_dir()]


def _recorded_digests(eval_folder: Path, split: str) -> dict[str, str]:
    """The digests that a corpus of this project records of its evaluation sources."""
    corpus = CorpusDescription.find(eval_folder.parent) if eval_folder.name == _EVAL.name else None
    sources = corpus.evaluation if corpus else {}
    return {name: digests[split] for name, digests in sources.items() if split in digests}


def _split_files(folder: Path, split: str, skipped: Skipped) -> tuple[Path, ...]:
    """The files of a split, in whichever of its possible folders they are.

    Raises:
        `InputError`: if two of these folders hold some.
    """
    found = {name: paths for name in SPLIT_NAMES.get(split, (split,)) if (paths := _files_in(folder / name, skipped))}
    if len(found) > 1:
        raise InputError(f"{folder} has the split {split!r} more than once: {' and '.join(found)}; keep one of them")
    return next(iter(found.values()), ())


def _files_in(folder: Path, skipped: Skipped) -> tuple[Path, ...]:
    files = []
    for inside, path, _, _ in text_files(str(folder), str(folder), skipped):
        if "/" in inside:
            skipped.add("in a folder of a split", path)
        else:
            files.append(Path(path))
    skipped.check()
    return tuple(sorted(files, key=lambda path: path.name))
