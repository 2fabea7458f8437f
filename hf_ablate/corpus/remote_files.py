"""Files under URLs, through fsspec: the Hub (`hf://`), object stores (`s3://`), anything that it knows."""

import re
from collections.abc import Iterator

from fsspec.utils import glob_translate

from ..errors import InputError
from ..hub_errors import hub_error


# What file systems say of a file that changes when its content does; the first that is there counts.
_VERSION_KEYS = ("blob_id", "ETag", "etag", "sha256", "LastModified", "last_modified", "mtime", "created")


def remote_files(where: str, glob: str, root_name: str) -> Iterator[tuple[str, str, int, str]]:
    """(path in the root, URL, size, version) of the files under a URL that a glob matches.

    Raises:
        `InputError`: if there is nothing at the URL, it needs a login, or fsspec cannot open its kind.
    """
    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(where)
        found = system.find(path, detail=True)
    except Exception as error:
        raise hub_error(f"{where} cannot be read", error) from error
    if not found:
        raise InputError(f"root {where} does not exist, or holds no file")
    regex = re.compile(glob_translate(glob.removeprefix(f"{root_name}/")))
    for name, facts in sorted(found.items()):
        inside = name[len(path) :].lstrip("/") or name.rsplit("/", 1)[-1]
        is_hidden = any(part.startswith(".") for part in inside.split("/"))
        if facts["type"] == "file" and not is_hidden and (name == path or regex.match(inside)):
            version = next((str(facts[key]) for key in _VERSION_KEYS if facts.get(key)), "")
            yield inside, system.unstrip_protocol(name), facts["size"] or 0, version
