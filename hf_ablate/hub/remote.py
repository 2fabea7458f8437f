"""What a repository on the Hub holds, and how that differs from what is here."""

import functools
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..hub_errors import LOG_IN, OFFLINE
from .requests import call


if TYPE_CHECKING:
    from huggingface_hub import HfApi


ATTRIBUTES = ".gitattributes"  # the Hub's own file


@dataclass(frozen=True)
class Remote:
    """A branch of a repository on the Hub.

    Args:
        exists (`bool`): whether the repository does.
        private (`bool`): whether it is private.
        sha (`str`): the commit; empty where there is none.
        files (`dict[str, tuple[bool, str]]`): path → (in large file storage?, SHA-256 if so, else git blob id).
    """

    exists: bool = False
    private: bool = True
    sha: str = ""
    files: dict[str, tuple[bool, str]] = field(default_factory=dict)

    @property
    def is_fresh(self) -> bool:
        """Whether nothing has been pushed to it."""
        return not set(self.files) - {ATTRIBUTES}


def connect(namespace: str = "") -> "HfApi":
    """The Hub's interface, once it is known that it can be written to (with a namespace) or read from.

    Raises:
        `InputError`: when offline, without a valid token, and for a namespace that the token's owner may not write to.
    """
    from huggingface_hub import HfApi, get_token, is_offline_mode
    from huggingface_hub.utils import disable_progress_bars

    if is_offline_mode():
        raise InputError(OFFLINE)
    disable_progress_bars()  # one bar over all repositories instead of one per file
    api = HfApi()
    if namespace:
        if not get_token():
            raise InputError(f"you are not logged in to the Hub; {LOG_IN}")
        user = call("who you are", api.whoami)
        organizations = [item["name"] for item in user.get("orgs", []) if item.get("roleInOrg") != "read"]
        if namespace not in (user["name"], *organizations):
            raise InputError(
                f"you are {user['name']} on the Hub and may write to {', '.join([user['name'], *organizations])}, not "
                f"to {namespace}; give another `--repo_prefix`"
            )
    return api


def read_remote(api: "HfApi", repo_id: str, repo_type: str, revision: str) -> Remote:
    """What a branch holds; an empty [`Remote`] where the repository does not exist (or may not be seen)."""
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    def read() -> Remote:
        try:
            info = api.repo_info(repo_id, repo_type=repo_type, revision=revision)
        except RepositoryNotFoundError:
            return Remote()
        except RevisionNotFoundError:
            return Remote(True, bool(api.repo_info(repo_id, repo_type=repo_type).private))
        tree = api.list_repo_tree(repo_id, repo_type=repo_type, revision=info.sha, recursive=True)
        files = {
            entry.path: (True, entry.lfs.sha256) if entry.lfs else (False, entry.blob_id)
            for entry in tree
            if hasattr(entry, "blob_id")  # folders have none
        }
        return Remote(True, bool(info.private), info.sha, files)

    return call(f"what {repo_id} holds", read)


def differences(files: dict[str, Path | bytes], remote: Remote) -> tuple[list[str], list[str]]:
    """The files that are new or changed, and those on the Hub that are no longer there; both in order."""
    changed = [path for path, item in files.items() if path not in remote.files or not _same(item, remote.files[path])]
    return changed, sorted(set(remote.files) - set(files) - {ATTRIBUTES})


def _same(item: Path | bytes, remote: tuple[bool, str]) -> bool:
    is_large, expected = remote
    return content_id(item, is_large) == expected


def content_id(item: Path | bytes, is_large: bool) -> str:
    """The id by which the Hub knows a content: SHA-256 in large file storage, else that of a git blob.

    Example:

    ```python
    >>> content_id(b"", is_large=False)
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'

    ```
    """
    if isinstance(item, bytes):
        return (hashlib.sha256(item) if is_large else hashlib.sha1(b"blob %d\0" % len(item) + item)).hexdigest()
    status = item.stat()
    return _id_of_file(item, is_large, status.st_size, status.st_mtime_ns)


@functools.cache
def _id_of_file(path: Path, is_large: bool, size: int, modified: int) -> str:
    state = hashlib.sha256() if is_large else hashlib.sha1(b"blob %d\0" % size)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            state.update(block)
    return state.hexdigest()
