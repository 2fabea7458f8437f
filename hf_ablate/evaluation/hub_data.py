"""Evaluation data from the Hub: data sets with a `text` column, written once as jsonl and then read as any source."""

import json
import re
from pathlib import Path

from ..errors import InputError
from ..hub_errors import hub_failures
from ..json_lines import JSON_LINES
from ..manifest import atomic_path, digest_files
from .sources import SPLIT_NAMES, Source
from .tokens import default_cache


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
    is_file_name = location.endswith((*JSON_LINES, ".gz", ".zst"))
    return location.startswith(PREFIX) or bool(_HUB_ID.fullmatch(location)) and not is_file_name


def hub_sources(location: str, split: str) -> list[Source]:
    """The sources of a data set on the Hub: one per configuration, as PALOMA has them.

    Args:
        location (`str`): `ORG/NAME`, with `@REVISION` and `:CONFIGURATION` where wanted, and `hf://datasets/` before.
        split (`str`): as in [`find_sources`].

    Raises:
        `InputError`: if the data set cannot be fetched, has no such split or no column `text`.
    """
    from datasets import get_dataset_config_names

    repository, _, wanted = location.removeprefix(PREFIX).strip("/").partition(":")
    repository, _, revision = repository.partition("@")
    options = {"revision": revision or None}
    configurations = [wanted] if wanted else _fetch(location, get_dataset_config_names, repository, **options)
    sources = []
    for configuration in configurations:
        table = _load(location, split, repository, configuration, options)
        path = default_cache().with_name("data") / repository.replace("/", "--") / configuration / f"{split}.jsonl"
        _write_rows(path, table)
        name = configuration if wanted or len(configurations) > 1 else repository.rpartition("/")[2]
        sources.append(Source(name, split, (path,), digest_files([path])))
    return sources


def _load(location: str, split: str, repository: str, configuration: str, options: dict):
    """The `datasets.Dataset` of one configuration, with the columns that matter here."""
    from datasets import get_dataset_split_names, load_dataset

    splits = _fetch(location, get_dataset_split_names, repository, configuration, **options)
    found = next((name for name in SPLIT_NAMES.get(split, (split,)) if name in splits), None)
    if found is None:
        raise InputError(f"{location} has no split {split!r}; it has {', '.join(splits)}")
    table = _fetch(location, load_dataset, repository, configuration, split=found, **options)
    if "text" not in table.column_names:
        raise InputError(f"{location} has no column `text`; it has {', '.join(table.column_names)}")
    return table.select_columns([column for column in COLUMNS if column in table.column_names])


def _write_rows(path: Path, table) -> None:
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        for row in table:
            present = {key: value for key, value in row.items() if value is not None}
            file.write(json.dumps(present, ensure_ascii=False) + "\n")


def _fetch(location: str, function, *arguments, **options):
    """Call a function of `datasets`, whose many ways to fail end in one line."""
    place = Path(location).resolve()
    what = f"evaluation data {location} is neither here (looked for {place}) nor can it be fetched from the Hub"
    with hub_failures(what, Exception):
        return function(*arguments, **options)
