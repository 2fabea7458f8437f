"""Manifests: what makes a folder finished, and what it was made from.

A folder is finished when its `manifest.json` exists. It is written last and atomically, so a killed run never leaves a
folder that looks finished. The manifest's `fingerprint` is the digest of everything that the folder's content depends
on (arguments and the digests of the inputs); a command skips a folder whose fingerprint is the one it would write.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .errors import InputError, unreadable


MANIFEST = "manifest.json"
_PACKAGES = ("hf_ablate", "torch", "transformers", "datasets", "accelerate", "mergekit", "peft", "tokenizers", "numpy")


def digest(value: Any) -> str:
    """The SHA-256 digest (32 hexadecimal digits) of a JSON-serialisable value, whatever the order of its keys.

    Example:

    ```python
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True

    ```
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def digest_files(paths: list[Path]) -> str:
    """The digest of the names and contents of files, in the given order; read in blocks, so of any size.

    Raises:
        `InputError`: for a file that cannot be read.
    """
    state = hashlib.sha256()
    for path in paths:
        try:
            state.update(f"{path.name}\0{path.stat().st_size}\0".encode())
            with open(path, "rb") as file:
                while block := file.read(1 << 20):
                    state.update(block)
        except OSError as error:
            raise unreadable(path, error) from error
    return state.hexdigest()[:32]


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary name next to `path` to write to; renamed to `path` on success, removed on failure.

    The file is flushed to disk before the rename, so that a power cut leaves the old file or the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        make_readable(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def make_readable(path: Path) -> None:
    """Give a file the mode of a newly opened one; temporary files are readable only by their owner."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON atomically. NaN and infinity are refused (`ValueError`): they are not JSON."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_manifest(folder: Path, command: str, arguments: dict, inputs: dict[str, str], **facts: Any) -> dict:
    """Mark `folder` as finished.

    Args:
        folder (`Path`): the folder, all other files of which are complete.
        command (`str`): the command that made it, for example `"partition"`.
        arguments (`dict`): the arguments that the content depends on. No absolute paths, no tokens.
        inputs (`dict[str, str]`): name of each input → its digest.
        facts: what else is worth recording: counts, seeds, `digest` (of the content) for those who build on it.

    Returns:
        `dict`: the manifest as written.
    """
    manifest = {
        "command": command,
        "fingerprint": fingerprint(command, arguments, inputs),
        "arguments": arguments,
        "inputs": inputs,
        **facts,
        "packages": _installed_versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_json(folder / MANIFEST, manifest)
    for leftover in folder.rglob(".*.partial"):  # of a run that was killed while it wrote
        if leftover.is_file():
            leftover.unlink()
    return manifest


def fingerprint(command: str, arguments: dict, inputs: dict[str, str]) -> str:
    """The digest of all that a folder's content depends on; versions and dates are recorded, but not part of it.

    Args:
        command (`str`): the command that makes it.
        arguments (`dict`): those that the content depends on.
        inputs (`dict[str, str]`): name of each input → its digest.
    """
    return digest([command, arguments, inputs])


class _NotRecorded(InputError, KeyError):
    """A mistake of the user, and for code that can do without the entry, templates for example, a missing key."""

    __str__ = Exception.__str__  # a missing key shows its message in quotes


class _Recorded(dict):
    """An object in a manifest, which names the file when it is asked for what is not recorded."""

    def __init__(self, path: Path, values: dict) -> None:
        super().__init__(values)
        self.path = path

    def __missing__(self, key: str) -> None:
        raise _NotRecorded(
            f"{self.path} does not record {key!r}: it is damaged, or another command wrote it than is expected here. "
            "Make the folder again; a model that was trained elsewhere is put into a run folder by `hf-ablate adopt`"
        )


def read_manifest(folder: Path) -> dict:
    """The manifest of a finished folder.

    Returns:
        `dict`: as it was written, and not to be changed: all who ask are given the same one; `InputError` where a key
        is asked for that it lacks.

    Raises:
        `InputError`: if the folder is not finished, or its manifest is not JSON; names the folder.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(
            f"{folder} is not finished: it has no {MANIFEST}. Run the command that makes it first "
            "(`hf-ablate run` runs all of them in order)."
        )
    return _read(path, file_state(path))


def file_state(path: Path) -> tuple[int, ...]:
    """What changes whenever a file is written or replaced: time, size and inode."""
    known = path.stat()
    return known.st_mtime_ns, known.st_size, known.st_ino


@lru_cache(maxsize=512)  # those of scores have megabytes, and every stage asks for them several times
def _read(path: Path, state: tuple[int, ...]) -> dict:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"), object_hook=partial(_Recorded, path))
    except ValueError as error:  # neither JSON nor UTF-8
        raise InputError(f"{path} is damaged ({error}); delete the folder, and make it again") from error
    if not isinstance(manifest, dict):
        raise InputError(f"{path} is damaged (it is not an object); delete the folder, and make it again")
    return manifest


def find_manifest(folder: Path) -> dict | None:
    """The manifest of a folder; `None` if the folder is not finished."""
    return read_manifest(folder) if has_manifest(folder) else None


def has_manifest(folder: Path) -> bool:
    """Whether a folder is finished."""
    return (folder / MANIFEST).is_file()


def remove_manifest(folder: Path) -> None:
    """Mark a folder as unfinished, before anything in it is changed."""
    (folder / MANIFEST).unlink(missing_ok=True)


def is_finished(folder: Path, expected_fingerprint: str) -> bool:
    """Whether a folder is finished and was made from exactly these arguments and inputs."""
    manifest = find_manifest(folder)
    return manifest is not None and manifest["fingerprint"] == expected_fingerprint


def _installed_versions() -> dict[str, str]:
    return {name: version(name) for name in _PACKAGES}
