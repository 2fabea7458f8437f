"""What a repository on the Hub holds, and whether a file here is the same as one there."""

import functools
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..hub_errors import LOG_IN, OFFLINE
from .requests import call
from .upload import content_of, size_of


if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile


ATTRIBUTES = ".gitattributes"  # the Hub's own file


@dataclass(frozen=True)
class Remote:
    """A revision of a repository on the Hub.

    Args:
        exists (`bool`): whether the repository does.
        private (`bool`): whether it is private.
        sha (`str`): the commit; empty if there is none.
        files (`dict[str, RepoFile]`): path → what the Hub lists of the file: its size and digest.
    """

    exists: bool = False
    private: bool = True
    sha: str = ""
    files: "dict[str, RepoFile]" = field(default_factory=dict)

    @property
    def is_fresh(self) -> bool:
        """Whether nothing has been pushed to it."""
        return not set(self.files) - {ATTRIBUTES}


def connect(namespace: str = "") -> "HfApi":
    """The Hub's client, once it is known that the Hub can be written to, or read from.

    Args:
        namespace (`str`): the user or organisation to write to; empty to read.

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
        user = call("asking the Hub who you are", api.whoami)
        writable = [user["name"], *(item["name"] for item in user.get("orgs", []) if item.get("roleInOrg") != "read")]
        if namespace not in writable:
            raise InputError(
                f"you are {user['name']} on the Hub and may write to {', '.join(writable)}, not to {namespace}; give "
                "another `--repo_prefix`"
            )
    return api


def read_remote(api: "HfApi", repo_id: str, repo_type: str, revision: str) -> Remote:
    """What a revision holds.

    Args:
        api (`HfApi`): the Hub's client.
        repo_id (`str`): the repository's id.
        repo_type (`str`): `model`, `dataset` or `space`.
        revision (`str`): a branch, tag or commit.

    Returns:
        [`Remote`]: empty if the repository does not exist or may not be seen, or has no such revision.
    """
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
    from huggingface_hub.hf_api import RepoFile

    def read() -> Remote:
        try:
            info = api.repo_info(repo_id, repo_type=repo_type, revision=revision)
        except RepositoryNotFoundError:
            return Remote()
        except RevisionNotFoundError:
            return Remote(True, bool(api.repo_info(repo_id, repo_type=repo_type).private))
        tree = api.list_repo_tree(repo_id, repo_type=repo_type, revision=info.sha, recursive=True)
        files = {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}
        return Remote(True, bool(info.private), info.sha, files)

    return call(f"reading what {repo_id} holds", read)


def is_same(item: Path | bytes, listed: "RepoFile") -> bool:
    """Whether a file, or its content, is the one that the Hub lists: the same size and digest.

    Args:
        item (`Path` or `bytes`): the file or its content.
        listed (`RepoFile`): as the Hub lists it: with its SHA-256 if it is in large file storage, else with the id
            of its git blob.
    """
    from huggingface_hub.utils.sha import git_hash

    size = size_of(item)
    if size != (listed.lfs.size if listed.lfs else listed.size):
        return False
    if not listed.lfs:
        return git_hash(content_of(item)) == listed.blob_id
    if isinstance(item, bytes):
        return hashlib.sha256(item).hexdigest() == listed.lfs.sha256
    return _sha256(item, size, item.stat().st_mtime_ns) == listed.lfs.sha256


@functools.cache  # while it is unchanged: weights are read once, though they are compared before and after a push
def _sha256(path: Path, size: int, modified: int) -> str:
    from huggingface_hub.utils.sha import sha_fileobj

    with open(path, "rb") as file:
        return sha_fileobj(file).hex()
