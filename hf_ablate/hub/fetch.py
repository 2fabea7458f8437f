"""Files from the Hub, each checked against the digest that the Hub lists for it."""

import json
import logging
import shutil
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import InputError
from .remote import ATTRIBUTES, Remote, content_id
from .requests import call
from .upload import CARD, MODEL_FILES


logger = logging.getLogger(__name__)
_ATTEMPTS = 3
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl")
_OWN_CODE = Path(__file__).parent.parent / "modeling"


def read_json(repo_id: str, repo_type: str, revision: str, path: str) -> dict[str, Any]:
    """A JSON file of a repository at a commit.

    Raises:
        `InputError`: if it is no JSON object.
    """
    from huggingface_hub import hf_hub_download

    def read() -> str:
        return Path(hf_hub_download(repo_id, path, repo_type=repo_type, revision=revision)).read_text(encoding="utf-8")

    try:
        value = json.loads(call(f"{path} of {repo_id}", read))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} of {repo_id} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} of {repo_id} is no JSON object")
    return value


def fetch(row: dict[str, Any], source: str, folder: Path, downloads: Path) -> set[Path]:
    """Fetch a folder of a member's repository; what is there and right is kept, what is damaged is fetched again.

    Args:
        row (`dict`): the member, with its [`Remote`] as `remote`.
        source (`str`): the folder in the repository; empty for all of it.
        folder (`Path`): where the files go.
        downloads (`Path`): where files are while they are incomplete; on the same disk.

    Returns:
        `set[Path]`: the files.

    Raises:
        `InputError`: for a file that arrives damaged every time.
    """
    remote: Remote = row["remote"]
    right = set()
    for path in wanted_files(row, remote, source):
        place = folder / PurePosixPath(path).relative_to(source)
        for attempt in range(_ATTEMPTS):
            if _is_right(place, remote.files[path]):
                break
            if attempt:
                logger.warning("%s of %s arrived damaged; again", path, row["repo_id"])
            _download(row, path, place, downloads)
        if not _is_right(place, remote.files[path]):
            place.unlink()
            raise InputError(
                f"{path} of {row['repo_id']} arrives damaged every time: its digest is not the one that the Hub has. "
                "Look at your proxy and disk, then run the same command again"
            )
        right.add(place)
    return right


def _is_right(place: Path, listed: tuple[bool, str]) -> bool:
    is_large, expected = listed
    return place.is_file() and content_id(place, is_large) == expected


def _download(row: dict[str, Any], path: str, place: Path, downloads: Path) -> None:
    from huggingface_hub import hf_hub_download

    place.unlink(missing_ok=True)
    folder = downloads / row["repo_type"]
    got = call(
        f"{path} of {row['repo_id']}",
        lambda: hf_hub_download(
            row["repo_id"], path, repo_type=row["repo_type"], revision=row["revision"], local_dir=folder
        ),
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(got, place)


def wanted_files(row: dict[str, Any], remote: Remote, source: str) -> list[str]:
    """The files of a member that belong into a run folder, in order.

    Pickles and code could run when a model is loaded, so they stay where they are; but for the architecture of the
    released seeds, where it is letter by letter that of this package.

    Raises:
        `InputError`: for a path that leads out of the folder.
    """
    chosen = []
    for path in sorted(remote.files):
        parts = PurePosixPath(path).parts
        if ".." in parts or path.startswith("/") or "\\" in path:
            raise InputError(f"{row['repo_id']} holds a file called {path!r}, which leads out of the folder")
        if path in (CARD, ATTRIBUTES) or any(fnmatch(path, pattern) for pattern in _PICKLES):
            continue
        if path.endswith(".py") and not _is_right(_OWN_CODE / path, remote.files[path]):
            continue
        if row["repo_type"] == "model" and not any(fnmatch(path, pattern) for pattern in MODEL_FILES):
            continue
        if not source or path.startswith(f"{source}/"):
            chosen.append(path)
    return chosen
