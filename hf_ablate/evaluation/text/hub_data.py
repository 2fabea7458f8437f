"""Evaluation data from the Hub: data sets with a `text` column, written once as jsonl and then read as any source."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...byte_streams import COMPRESSED
from ...cache import cache_folder
from ...errors import InputError
from ...hub_errors import hub_failures
from ...manifest import atomic_path, digest_files
from .sources import SPLIT_NAMES, Source


if TYPE_CHECKING:
    from datasets import Dataset


PREFIX = "hf://datasets/"
COLUMNS = ("text", "id", "subdomain")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w.-]+)?(:[\w.-]+)?")


def is_hub_name(location: str) -> bool:
    """Whether this may name a data set on the Hub.

    Example:

    ```python
    >>> [is_hub_name(name) for name in ("allenai/paloma", "hf://datasets/allenai/paloma:ptb", "data/val/x.jsonl")]
    [True, True, False]

    ```
    """
    is_file_name = location.lower().endswith((".jsonl", ".ndjson", ".json", *COMPRESSED))
    return location.startswith(PREFIX) or bool(_HUB_ID.fullmatch(location)) and not is_file_name


def hub_sources(location: str, split: str) -> list[Source]:
    """The sources of a data set on the Hub: one per configuration, as PALOMA has them.

    Rows are written once for each commit, so what a source's digest was taken of never changes. A commit that has been
    fetched is read again without the Hub.

    Args:
        location (`str`): `ORG/NAME`, optionally followed by `@REVISION` and `:CONFIGURATION`, and preceded by
            `hf://datasets/`.
        split (`str`): as in [`find_sources`].

    Raises:
        `InputError`: if the data set cannot be fetched, or lacks the split or the column `text`.
    """
    from datasets import get_dataset_config_names
    from huggingface_hub import resolve_revision

    repository, _, chosen = location.removeprefix(PREFIX).strip("/").partition(":")
    repository, _, revision = repository.partition("@")
    revision = _fetch(location, resolve_revision, repository, repo_type="dataset", revision=revision or None)
    commit = revision.resolved
    configurations = [chosen] if chosen else _fetch(location, get_dataset_config_names, repository, revision=commit)
    folder = cache_folder("data") / repository.replace("/", "--") / commit
    sources = []
    for configuration in configurations:
        path = folder / configuration / f"{split}.jsonl"
        if not path.is_file():
            _write_rows(path, _load(location, split, repository, configuration, commit))
        name = configuration if chosen or len(configurations) > 1 else repository.rpartition("/")[2]
        sources.append(Source(name, split, (path,), digest_files([path])))
    return sources


def _load(location: str, split: str, repository: str, configuration: str, commit: str) -> "Dataset":
    """One configuration, with the columns that evaluation reads."""
    from datasets import get_dataset_split_names, load_dataset

    splits = _fetch(location, get_dataset_split_names, repository, configuration, revision=commit)
    name = next((name for name in SPLIT_NAMES.get(split, (split,)) if name in splits), None)
    if name is None:
        raise InputError(f"{location} has no split {split!r}; it has {', '.join(splits)}")
    table = _fetch(location, load_dataset, repository, configuration, split=name, revision=commit)
    if "text" not in table.column_names:
        raise InputError(f"{location} has no column `text`; it has {', '.join(table.column_names)}")
    return table.select_columns([column for column in COLUMNS if column in table.column_names])


def _write_rows(path: Path, table: "Dataset") -> None:
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        for row in table:
            present = {key: value for key, value in row.items() if value is not None}
            file.write(json.dumps(present, ensure_ascii=False) + "\n")


def _fetch(location: str, function: Callable, *arguments: Any, **options: Any) -> Any:
    """Call a function that asks the Hub; its many ways to fail end in one line."""
    place = Path(location).resolve()
    what = f"evaluation data {location} is neither here (looked for {place}) nor can it be fetched from the Hub"
    with hub_failures(what, Exception):
        return function(*arguments, **options)
