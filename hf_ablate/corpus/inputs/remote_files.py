"""Files under URLs, through fsspec: the Hub (`hf://`), object stores (`s3://`), anything that it knows."""

import re
from collections.abc import Iterator

from fsspec.utils import glob_translate

from ...errors import InputError
from ...hub_errors import hub_error
from .skipped import Skipped


# What file systems report that changes with a file's content; the first that is present counts.
_VERSION_KEYS = ("blob_id", "ETag", "etag", "sha256", "LastModified", "last_modified", "mtime", "created")


def remote_files(where: str, glob: str, root_name: str, skipped: Skipped) -> Iterator[tuple[str, str, int, str]]:
    """The files under a URL that a glob matches.

    Args:
        where (`str`): the root.
        glob (`str`): which files, relative to the root or starting with its name.
        root_name (`str`): the root's name.
        skipped ([`Skipped`]): takes what is not read, and why.

    Returns:
        `Iterator`: (path in the root, URL, size in bytes, version) of each file.

    Raises:
        `InputError`: if there is nothing at the URL, it needs a login, or fsspec cannot open its kind.
    """
    from ...hub_client import give_up_at_once

    give_up_at_once()
    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(where)
        entries = system.find(path, detail=True)
    except Exception as error:
        raise hub_error(f"{where} cannot be read", error) from error
    if not entries:
        raise InputError(f"root {where} does not exist, or holds no file")
    regex = re.compile(glob_translate(glob.removeprefix(f"{root_name}/")))
    for name, entry in sorted(entries.items()):
        inside = name[len(path) :].lstrip("/") or name.rsplit("/", 1)[-1]
        is_hidden = any(part.startswith(".") for part in inside.split("/"))
        if entry["type"] != "file" or not (name == path or regex.match(inside)):
            continue
        if is_hidden:
            skipped.add("hidden", f"{root_name}/{inside}")
        else:
            version = next((str(entry[key]) for key in _VERSION_KEYS if entry.get(key)), "")
            yield inside, system.unstrip_protocol(name), entry["size"] or 0, version
