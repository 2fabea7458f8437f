"""Data sets of the Hub, or local ones in the same form, through `datasets`, downloaded or streamed."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError, unknown_name
from ...hub_errors import hub_error, hub_failures
from ...manifest import digest
from ..document_arguments import DocumentArguments
from ..inputs import InputFile, root_name
from .documents import BadRow, BadRows, Document
from .fields import document_of
from .parquet import needed_columns


if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset

    from ..arguments import PartitionArguments


_PART_ROWS, _BATCH_ROWS = 50_000, 1_000


def list_data_sets(arguments: DocumentArguments) -> list[InputFile]:
    """The parts of all data sets: ranges of rows, or shards where they are streamed.

    A dry run streams whatever the arguments say, so that it downloads nothing but descriptions.

    Raises:
        `InputError`: for a data set, config, split or revision that does not exist or needs a login.
    """
    parts: list[InputFile] = []
    streaming = arguments.streaming or arguments.dry_run
    for root in arguments.roots:
        version = _version(root, arguments.hub_revision)
        for config in _configs(root, arguments, version):
            splits = _load(root, config, version, streaming)
            for wanted in arguments.hub_splits:
                if wanted not in splits:
                    raise unknown_name(f"split of {root}, config {config},", wanted, list(splits))
            for split in arguments.hub_splits or splits:
                parts += _parts(splits[split], root, config, split, version, streaming)
    return sorted(parts, key=lambda part: part.name)


def read(
    file: InputFile, arguments: "PartitionArguments", bad_rows: BadRows, rows: set[int] | None
) -> Iterator[Document]:
    """A document a row of a part."""
    data = _load(file.path, file.fields["config"], file.version, arguments.streaming)[file.fields["split"]]
    if data.column_names:
        data = data.select_columns(needed_columns(data.column_names, arguments))
    try:
        for row, values in _streamed(data, file) if arguments.streaming else _stored(data, file, rows):
            if rows is None or row in rows:
                try:
                    yield document_of(values, file, row, arguments, "row")
                except BadRow as bad:
                    bad_rows.handle(bad)
    except OSError as error:
        raise hub_error(f"{file.name} cannot be read", error) from error


def _streamed(data: "IterableDataset", file: InputFile) -> Iterator[tuple[int, dict[str, Any]]]:
    shard, num_shards = file.rows
    return enumerate(data.shard(num_shards=num_shards, index=shard) if num_shards > 1 else data)


def _stored(data: "Dataset", file: InputFile, rows: set[int] | None) -> Iterator[tuple[int, dict[str, Any]]]:
    start, stop = file.rows
    numbers = range(stop - start) if rows is None else sorted(rows)
    for first in range(0, len(numbers), _BATCH_ROWS):
        batch = numbers[first : first + _BATCH_ROWS]
        columns = data[[start + number for number in batch]]
        for place, number in enumerate(batch):
            yield number, {name: column[place] for name, column in columns.items()}


def _parts(data, root: str, config: str, split: str, version: str, streaming: bool) -> Iterator[InputFile]:
    name, fields = f"{root_name(root)}/{config}/{split}", {"config": config, "split": split}
    if streaming:
        for shard in range(data.num_shards):
            yield InputFile(root, f"{name}/{shard:05}", 0, version, fields, (shard, data.num_shards))
        return
    for start in range(0, len(data), _PART_ROWS):
        stop = min(start + _PART_ROWS, len(data))
        size = data.data.nbytes * (stop - start) // len(data)
        yield InputFile(root, f"{name}/{start:010}", size, version, fields, (start, stop))


def _configs(root: str, arguments: DocumentArguments, version: str) -> list[str]:
    import datasets

    with hub_failures(f"data set {root} cannot be read", Exception):
        known = datasets.get_dataset_config_names(root, revision=_revision(root, version))
    if arguments.hub_configs == ["*"]:
        return known
    for config in arguments.hub_configs:
        if config not in known:
            raise unknown_name(f"config of {root}:", config, known)
    if not arguments.hub_configs and len(known) > 1:
        raise InputError(
            f"data set {root} has {len(known)} configs: {', '.join(known[:20])}. Choose some with `hub_configs`, or "
            "all with `hub_configs: ['*']`"
        )
    return arguments.hub_configs or known


@lru_cache(maxsize=8)
def _load(root: str, config: str, version: str, streaming: bool) -> dict[str, Any]:
    """The splits of a config."""
    import datasets

    with hub_failures(f"data set {root}, config {config}, cannot be read", Exception):
        return dict(datasets.load_dataset(root, config, revision=_revision(root, version), streaming=streaming))


def _version(root: str, revision: str | None) -> str:
    """The commit of a data set on the Hub, which all processes read then; for a folder, the digest of its files."""
    if Path(root).exists():
        files = sorted(path for path in Path(root).rglob("*") if path.is_file())
        return digest([[str(path.relative_to(root)), *_size_and_time(path)] for path in files])
    from huggingface_hub import HfApi

    at_revision = f" at revision {revision}" if revision else ""
    with hub_failures(f"data set {root}{at_revision} cannot be read", Exception):
        return HfApi().dataset_info(root, revision=revision).sha


def _size_and_time(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _revision(root: str, version: str) -> str | None:
    return None if Path(root).exists() else version
