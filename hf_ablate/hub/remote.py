"""Talking to the Hub: what a repository holds, what differs, and errors that say what to do."""

import functools
import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..errors import InputError


if TYPE_CHECKING:
    from huggingface_hub import HfApi


logger = logging.getLogger(__name__)
Result = TypeVar("Result")

ATTRIBUTES = ".gitattributes"  # the Hub's own file
_ATTEMPTS = 5
_TRANSIENT = (408, 429, 500, 502, 503, 504)
_GO_ON = "What is pushed or pulled is kept; the same command goes on from there"
_LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"


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
        raise InputError("HF_HUB_OFFLINE is set, and this needs the Hub; unset it and run the same command again")
    disable_progress_bars()  # one bar over all repositories instead of one per file
    api = HfApi()
    if namespace:
        if not get_token():
            raise InputError(f"you are not logged in to the Hub; {_LOG_IN}")
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


def call(what: str, ask: Callable[[], Result]) -> Result:
    """Ask the Hub; ask again if it is busy or the connection breaks, after the time that it asks for.

    Args:
        what (`str`): what is asked, for the messages.
        ask (`Callable`): asks; called again from the start.

    Raises:
        `InputError`: says what went wrong and what to do.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return ask()
        except InputError:
            raise
        except Exception as error:
            if attempt == _ATTEMPTS or not _is_transient(error):
                raise explained(what, error) from error
            seconds = _retry_after(error) or 2 ** (attempt - 1)
            logger.warning("the Hub: %s failed (%s); again in %d s", what, _short(error), seconds)
            time.sleep(seconds)
    raise AssertionError("unreachable")


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it: libraries wrap the Hub's answers."""
    found = [error]
    while found[-1].__cause__ is not None:
        found.append(found[-1].__cause__)
    return found


def _status(error: BaseException) -> int | None:
    from huggingface_hub.errors import HfHubHTTPError

    for link in _chain(error):
        if isinstance(link, HfHubHTTPError) and getattr(link, "response", None) is not None:
            return link.response.status_code
    return None


def _is_network(error: BaseException) -> bool:
    from huggingface_hub.utils import httpx

    return any(isinstance(link, httpx.TransportError) for link in _chain(error))


def _is_transient(error: BaseException) -> bool:
    return _status(error) in _TRANSIENT or (_status(error) is None and _is_network(error))


def _retry_after(error: BaseException) -> int | None:
    """Seconds that the Hub asks to wait for; by its rate limit's own header, or the standard one."""
    from huggingface_hub.utils import parse_ratelimit_headers

    for link in _chain(error):
        if getattr(link, "response", None) is not None:
            headers = link.response.headers
            limit = parse_ratelimit_headers(headers)
            if limit and limit.remaining == 0:
                return limit.reset_in_seconds
            if headers.get("Retry-After", "").isdigit():
                return int(headers["Retry-After"])
    return None


def _short(error: BaseException) -> str:
    status = _status(error)
    return f"status {status}" if status else f"{type(_chain(error)[-1]).__name__}: {_chain(error)[-1]}"


def explained(what: str, error: Exception) -> Exception:
    """The `InputError` for an answer of the Hub; the error itself where it is a failure of ours."""
    from huggingface_hub import constants
    from huggingface_hub.errors import OfflineModeIsEnabled, RepositoryNotFoundError, RevisionNotFoundError

    links, status = _chain(error), _status(error)
    if any(isinstance(link, OfflineModeIsEnabled) for link in links):
        return InputError(f"HF_HUB_OFFLINE is set, and this needs the Hub ({what}); unset it")
    if any(isinstance(link, RevisionNotFoundError) for link in links):
        return InputError(f"{what}: there is no such branch, tag or commit")
    if any(isinstance(link, RepositoryNotFoundError) for link in links):
        return InputError(
            f"{what}: it does not exist on {constants.ENDPOINT}, or it is private and you may not see it; {_LOG_IN}"
        )
    if status == 401:
        return InputError(f"the Hub does not accept your token ({what}): it is wrong or expired; {_LOG_IN}")
    if status == 403:
        return InputError(
            f"your token has no right to do this ({what}): {_message(error)}; give another prefix or token"
        )
    if status == 412:
        return InputError(
            f"{what}: somebody else changed it at the same time; look at it and run the same command again"
        )
    if status is not None:
        return InputError(f"the Hub answered with status {status} ({what}: {_message(error)}). {_GO_ON}")
    if _is_network(error):
        return InputError(f"cannot reach the Hub at {constants.ENDPOINT} ({what}: {_short(error)}). {_GO_ON}")
    return error


def _message(error: BaseException) -> str:
    """What the Hub said, in one line."""
    for link in _chain(error):
        said = getattr(link, "server_message", None)
        if said:
            return " ".join(said.split())
    return "no reason given"
