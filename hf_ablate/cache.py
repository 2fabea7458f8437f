"""What is kept between runs in the user's cache folder, beside the caches of the Hugging Face libraries."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from .manifest import digest, write_json


def cache_folder(name: str) -> Path:
    """The package's cache folder of that name, in `HF_HOME`; it may not exist yet."""
    from huggingface_hub.constants import HF_HOME

    return Path(HF_HOME) / "hf_ablate" / name


def remembered(name: str, key: Any, make: Callable[[], Any]) -> Any:
    """A value that takes long to make, from the cache where it was made before.

    A damaged file counts as missing, and a cache that cannot be written is done without.

    Args:
        name (`str`): the cache folder.
        key: everything that the value depends on, JSON-serialisable.
        make (`Callable[[], Any]`): makes the value, JSON-serialisable; what it raises is not remembered.
    """
    value = recalled(name, key)
    if value is None:
        value = make()
        with suppress(OSError):
            write_json(_path(name, key), {"value": value, "digest": digest(value)})
    return value


def recalled(name: str, key: Any) -> Any:
    """A value from the cache; `None` where it has not been made before.

    Args:
        name (`str`): the cache folder.
        key: everything that the value depends on, JSON-serialisable.
    """
    with suppress(OSError, ValueError, KeyError, TypeError):
        entry = json.loads(_path(name, key).read_text(encoding="utf-8"))
        if entry["digest"] == digest(entry["value"]):
            return entry["value"]
    return None


def _path(name: str, key: Any) -> Path:
    return cache_folder(name) / f"{digest(key)}.json"
