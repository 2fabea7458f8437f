"""The parts of data sets of the Hub, or of local ones in the same form: ranges of rows, or shards to stream."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...errors import InputError, unknown_name
from ...hub_errors import hub_failures
from ...manifest import digest
from ..names import matching
from .input_file import InputFile, root_name


_PART_ROWS = 50_000


def list_data_sets(
    roots: list[str],
    configs: list[str],
    excluded: list[str],
    splits: list[str],
    revision: str | None,
    streaming: bool,
) -> list[InputFile]:
    """The parts of all data sets, sorted by name: ranges of rows, or shards where they are streamed.

    Args:
        roots (`list[str]`): ids of data sets, or folders.
        configs (`list[str]`): the configs to read, as names and patterns; none for the only one.
        excluded (`list[str]`): which of these to leave out, as names and patterns.
        splits (`list[str]`): the splits to read; none for all.
        revision (`str | None`): branch, tag or commit.
        streaming (`bool`): read over the network, without a copy on the disk.

    Raises:
        `InputError`: for a data set, config, split or revision that does not exist or needs a login.
    """
    parts: list[InputFile] = []
    for root in roots:
        version = _version(root, revision)
        for config in _configs(root, configs, excluded, version):
            tables = load_splits(root, config, version, streaming)
            for wanted in splits:
                if wanted not in tables:
                    raise unknown_name(f"split of {root}, config {config},", wanted, list(tables))
            for split in splits or tables:
                parts += _parts(tables[split], root, version, {"config": config, "split": split}, streaming)
    return sorted(parts, key=lambda part: part.name)


@lru_cache(maxsize=8)
def load_splits(root: str, config: str, version: str, streaming: bool) -> dict[str, Any]:
    """The splits of a config, as `datasets` loads them.

    Args:
        root (`str`): id or folder of the data set.
        config (`str`): the config.
        version (`str`): a commit, or the digest of a folder's files.
        streaming (`bool`): read over the network, without a copy on the disk.
    """
    import datasets

    with hub_failures(f"data set {root}, config {config}, cannot be read", Exception):
        return dict(datasets.load_dataset(root, config, revision=_revision(root, version), streaming=streaming))


def _parts(table, root: str, version: str, fields: dict[str, str], streaming: bool) -> Iterator[InputFile]:
    name = "/".join([root_name(root), *fields.values()])
    if streaming:
        for shard in range(table.num_shards):
            yield InputFile(root, f"{name}/{shard:05}", 0, version, fields, (shard, table.num_shards))
        return
    for start in range(0, len(table), _PART_ROWS):
        stop = min(start + _PART_ROWS, len(table))
        size = table.data.nbytes * (stop - start) // len(table)
        yield InputFile(root, f"{name}/{start:010}", size, version, fields, (start, stop))


def _configs(root: str, wanted: list[str], excluded: list[str], version: str) -> list[str]:
    import datasets

    with hub_failures(f"data set {root} cannot be read", Exception):
        known = datasets.get_dataset_config_names(root, revision=_revision(root, version))
    left_out = matching(excluded, known, kind=f"config of {root}:")
    if not wanted and len(known) > 1:
        raise InputError(
            f"data set {root} has {len(known)} configs: {', '.join(known[:20])}. Choose some with `hub_configs`, or "
            "all with `hub_configs: ['*']`"
        )
    return [config for config in matching(wanted or known, known, kind=f"config of {root}:") if config not in left_out]


def _version(root: str, revision: str | None) -> str:
    """The commit of a data set on the Hub, which all processes then read; for a folder, the digest of its files."""
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
