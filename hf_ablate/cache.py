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
    path = cache_folder(name) / f"{digest(key)}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        entry = json.loads(path.read_text(encoding="utf-8"))
        if entry["digest"] == digest(entry["value"]):
            return entry["value"]
    value = make()
    with suppress(OSError):
        write_json(path, {"value": value, "digest": digest(value)})
    return value
