"""Where evaluation sources are: PALOMA-style folders, this project's corpora, single jsonl files, the Hub."""

from pathlib import Path

from ...corpus.description import CorpusDescription
from ...errors import InputError, unknown_name
from ...json_lines import JSON_LINES
from ...manifest import digest_files
from ...run_folder import RunFolder
from .hub_data import hub_sources, is_hub_name
from .sources import SPLIT_NAMES, Source


_EVAL = RunFolder(Path()).eval  # where evaluation text is, relative to a run folder


def find_sources(locations: list[str | Path], split: str) -> list[Source]:
    """The sources at the given places.

    Args:
        locations (`list[str | Path]`): jsonl(.gz, .zst) files (a source each, named after it), folders
            `<split>/*.jsonl*` (one source), folders of such folders (`<source>/<split>/*.jsonl*`, as PALOMA's),
            corpora or run folders of this project; or names on the Hub, as `str`, see [`hub_sources`].
        split (`str`): `val`, which also finds folders called `validation` or `valid`, or `test`.

    Raises:
        `InputError`: for a place that does not exist or does not hold the split, and for two sources of one name.
    """
    sources: dict[str, Source] = {}
    for location in locations:
        for source in _sources_at(location, split):
            if source.name in sources:
                raise InputError(f"two sources are called {source.name!r}: {sources[source.name].paths[0]} and "
                                 f"{source.paths[0]}; rename one")  # fmt: skip
            sources[source.name] = source
    return list(sources.values())


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


def _sources_at(name: str | Path, split: str) -> list[Source]:
    location = Path(name)
    if isinstance(name, str) and not location.exists() and is_hub_name(name):
        return hub_sources(name, split)
    if location.is_file():
        return [Source(location.name.split(".")[0], split, (location,), digest_files([location]))]
    if not location.is_dir():
        raise InputError(f"evaluation data {location} does not exist (looked for {location.resolve()})")
    of_run_folder, of_corpus = location / _EVAL, location / _EVAL.name
    folder = next((inner for inner in (of_run_folder, of_corpus) if inner.is_dir()), location)
    recorded = _recorded_digests(folder, split)
    if files := _split_files(folder, split):
        return [Source(folder.resolve().name, split, files, digest_files(list(files)))]
    sources = []
    for child in sorted(path for path in folder.iterdir() if path.is_dir()):
        if paths := _split_files(child, split):
            sources.append(Source(child.name, split, paths, recorded.get(child.name) or digest_files(list(paths))))
    if not sources:
        raise InputError(
            f"no source in {folder} has a split {split!r}; expected <source>/{split}/*.jsonl.gz, or {split}/*.jsonl.gz"
        )
    return sources


def _recorded_digests(eval_folder: Path, split: str) -> dict[str, str]:
    """The digests that a corpus of this project records of its evaluation sources."""
    corpus = CorpusDescription.find(eval_folder.parent) if eval_folder.name == _EVAL.name else None
    sources = corpus.evaluation if corpus else {}
    return {name: digests[split] for name, digests in sources.items() if split in digests}


def _split_files(folder: Path, split: str) -> tuple[Path, ...]:
    """The split's files, from the first of its possible folders that has some."""
    for name in SPLIT_NAMES.get(split, (split,)):
        if paths := _jsonl_files(folder / name):
            return paths
    return ()


def _jsonl_files(folder: Path) -> tuple[Path, ...]:
    paths = [path for suffix in JSON_LINES for path in folder.glob(f"*{suffix}")]
    return tuple(sorted(paths, key=lambda path: path.name))
