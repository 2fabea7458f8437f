"""Files under URLs, through fsspec: the Hub (`hf://`), object stores (`s3://`), anything that it knows."""

import re
from collections.abc import Iterator
from typing import IO

from fsspec.utils import glob_translate

from ..errors import InputError


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
        raise unreachable(where, error) from error
    if not found:
        raise InputError(f"root {where} does not exist, or holds no file")
    regex = re.compile(glob_translate(glob.removeprefix(f"{root_name}/")))
    for name, facts in sorted(found.items()):
        inside = name[len(path) :].lstrip("/") or name.rsplit("/", 1)[-1]
        is_hidden = any(part.startswith(".") for part in inside.split("/"))
        if facts["type"] == "file" and not is_hidden and (name == path or regex.match(inside)):
            version = next((str(facts[key]) for key in _VERSION_KEYS if facts.get(key)), "")
            yield inside, system.unstrip_protocol(name), facts["size"] or 0, version


def open_file(path: str) -> IO[bytes]:
    """A local file or a URL for reading bytes."""
    if "://" not in path:
        return open(path, "rb")
    import fsspec

    return fsspec.open(path, "rb").open()


def unreachable(place: str, error: Exception) -> InputError:
    """The error for a URL or data set that cannot be reached: what it is, why, and what to do."""
    text = str(error).strip()
    reason = f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__
    kinds = {type(cause).__name__ for cause in _causes(error)}
    if isinstance(error, ImportError):
        remedy = "Install the package that it names."
    elif "GatedRepoError" in kinds:
        remedy = "It is gated: accept its conditions on its page, then log in with `hf auth login`."
    else:
        remedy = "Check the name and the connection; for a private or gated data set, log in with `hf auth login`."
    return InputError(f"{place} cannot be read ({reason}). {remedy}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from or during: fsspec hides a gated data set behind a missing one."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
