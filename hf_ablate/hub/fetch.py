"""Files from the Hub, each checked against the digest that the Hub lists for it."""

import json
import logging
import shutil
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .members import Member
from .remote import ATTRIBUTES, Remote, is_same
from .requests import call
from .upload import CARD, MODEL_FILES


if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoFile


logger = logging.getLogger(__name__)
_ATTEMPTS = 3
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl")
_OUR_ARCHITECTURE = Path(__file__).parent.parent / "modeling"


def read_json(repo_id: str, repo_type: str, revision: str, path: str) -> dict[str, Any]:
    """A JSON file of a repository.

    Args:
        repo_id (`str`): the repository's id.
        repo_type (`str`): `model`, `dataset` or `space`.
        revision (`str`): the commit.
        path (`str`): the file in the repository.

    Raises:
        `InputError`: if it is not a JSON object.
    """
    from huggingface_hub import hf_hub_download

    def read() -> str:
        return Path(hf_hub_download(repo_id, path, repo_type=repo_type, revision=revision)).read_text(encoding="utf-8")

    try:
        value = json.loads(call(f"reading {path} of {repo_id}", read))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} of {repo_id} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} of {repo_id} is not a JSON object")
    return value


def fetch(member: Member, remote: Remote, in_repository: str, folder: Path, downloads: Path) -> set[Path]:
    """Fetch a folder of a member's repository; what is there and right is kept, what is damaged is fetched again.

    Args:
        member ([`Member`]): whose repository.
        remote ([`Remote`]): what the repository holds.
        in_repository (`str`): the folder in the repository; empty for the whole repository.
        folder (`Path`): where the files go.
        downloads (`Path`): where files are while they are incomplete; on the same disk.

    Returns:
        `set[Path]`: the files.

    Raises:
        `InputError`: for a file that arrives damaged every time.
    """
    fetched = set()
    for path in wanted_files(member, remote, in_repository):
        file = folder / PurePosixPath(path).relative_to(in_repository)
        for attempt in range(_ATTEMPTS):
            if _is_right(file, remote.files[path]):
                break
            if attempt:
                logger.warning("%s of %s arrived damaged; fetching it again", path, member.repo_id)
            _download(member, path, file, downloads)
        if not _is_right(file, remote.files[path]):
            file.unlink()
            raise InputError(
                f"{path} of {member.repo_id} arrives damaged every time: its digest is not the one that the Hub "
                "lists. Check your proxy and disk, then run the same command again"
            )
        fetched.add(file)
    return fetched


def _is_right(file: Path, listed: "RepoFile") -> bool:
    return file.is_file() and is_same(file, listed)


def _download(member: Member, path: str, file: Path, downloads: Path) -> None:
    """Download to a folder where a cut download is resumed, then move it to its place."""
    from huggingface_hub import hf_hub_download

    file.unlink(missing_ok=True)
    downloaded = call(
        f"fetching {path} of {member.repo_id}",
        lambda: hf_hub_download(
            member.repo_id, path, repo_type=member.repo_type, revision=member.revision,
            local_dir=downloads / member.repo_type,
        ),
    )  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(downloaded, file)


def wanted_files(member: Member, remote: Remote, in_repository: str) -> list[str]:
    """The files of a member that belong in a run folder, in order.

    Pickles and code could run when a model is loaded, so they are left out, but for the architecture of the released
    seeds where it is byte for byte that of this package.

    Args:
        member ([`Member`]): whose repository.
        remote ([`Remote`]): what the repository holds.
        in_repository (`str`): the folder in the repository; empty for the whole repository.

    Raises:
        `InputError`: for a path that leads out of the folder.
    """
    chosen = []
    for path in sorted(remote.files):
        if ".." in PurePosixPath(path).parts or path.startswith("/") or "\\" in path:
            raise InputError(f"{member.repo_id} holds a file called {path!r}, which leads out of the folder")
        if path in (CARD, ATTRIBUTES) or any(fnmatch(path, pattern) for pattern in _PICKLES):
            continue
        if path.endswith(".py") and not _is_right(_OUR_ARCHITECTURE / path, remote.files[path]):
            continue
        if member.repo_type == "model" and not any(fnmatch(path, pattern) for pattern in MODEL_FILES):
            continue
        if not in_repository or path.startswith(f"{in_repository}/"):
            chosen.append(path)
    return chosen
