"""Evaluation data from the Hub: data sets with a `text` column, written once as jsonl and then read as any source."""

import json
import re
from pathlib import Path

from ..errors import InputError, reason
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
    is_file_name = location.endswith((".jsonl", ".jsonl.gz", ".gz"))
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

    name = location.removeprefix(PREFIX).strip("/")
    repository, _, wanted = name.partition(":")
    repository, _, revision = repository.partition("@")
    configurations = (
        [wanted] if wanted else _fetch(location, get_dataset_config_names, repository, revision=revision or None)
    )
    short = repository.rpartition("/")[2]
    return [
        _source(
            location,
            repository,
            revision or None,
            configuration,
            split,
            short if len(configurations) == 1 and not wanted else configuration,
        )
        for configuration in configurations
    ]


def _source(location: str, repository: str, revision: str | None, configuration: str, split: str, name: str) -> Source:
    from datasets import get_dataset_split_names, load_dataset

    splits = _fetch(location, get_dataset_split_names, repository, configuration, revision=revision)
    found = next((name for name in SPLIT_NAMES.get(split, (split,)) if name in splits), None)
    if found is None:
        raise InputError(f"{location} has no split {split!r}; it has {', '.join(splits)}")
    table = _fetch(location, load_dataset, repository, configuration, split=found, revision=revision)
    if "text" not in table.column_names:
        raise InputError(f"{location} has no column `text`; it has {', '.join(table.column_names)}")
    table = table.select_columns([column for column in COLUMNS if column in table.column_names])
    path = default_cache().with_name("data") / repository.replace("/", "--") / configuration / f"{split}.jsonl"
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        for row in table:
            file.write(
                json.dumps({key: value for key, value in row.items() if value is not None}, ensure_ascii=False) + "\n"
            )
    return Source(name, split, (path,), digest_files([path]))


def _fetch(location: str, function, *arguments, **options):
    """Call a function of `datasets`, whose many ways to fail end in one line."""
    try:
        return function(*arguments, **options)
    except Exception as error:
        raise InputError(
            f"evaluation data {location} is neither here (looked for {Path(location).resolve()}) nor can it be "
            f"fetched from the Hub: {reason(error)}. Check the name and the network; a gated data set needs "
            "`hf auth login`"
        ) from error
