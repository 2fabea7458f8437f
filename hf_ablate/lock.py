"""One run at a time in a run folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import InputError
from .run_folder import RunFolder


_LOCK = ".lock"
_HELD = "HF_ABLATE_LOCKED_RUN_FOLDER"  # set for the processes that this one starts


@contextmanager
def run_folder_lock(run_dir: Path) -> Iterator[None]:
    """Hold the run folder for this process; the operating system releases it even if the process is killed.

    Of a study over the pool of another run folder, that one is held, since models are written there. Only process 0 of
    a distributed run takes the lock, for all of them, unless the process that started them holds it.

    Raises:
        `InputError`: if another run holds the folder (names its process), or the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    run_dir = RunFolder(run_dir).pool.path
    if os.environ.get("RANK", "0") != "0" or _is_held_by_parent(run_dir):
        yield
        return
    is_new = not run_dir.exists()
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        (run_dir / _LOCK).touch()
    except OSError as error:
        raise InputError(f"cannot write to {run_dir}: {error.strerror}; give another --run_dir") from error
    owner = run_dir / ".lock.owner"
    lock = FileLock(run_dir / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        holder = owner.read_text(encoding="utf-8") if owner.is_file() else "unknown"
        raise InputError(
            f"another run is working in {run_dir} (process {holder}). Wait for it to end, stop it, or give this one "
            "another --run_dir"
        ) from None
    try:
        owner.write_text(str(os.getpid()), encoding="utf-8")
        os.environ[_HELD] = f"{os.getpid()} {run_dir.resolve()}"
        yield
    finally:
        os.environ.pop(_HELD, None)
        owner.unlink(missing_ok=True)
        if is_new:
            _remove_unused(run_dir)
        lock.release()


def held_elsewhere(run_dir: Path) -> dict[str, str]:
    """This process's environment, for one that it starts in a run folder that is held, perhaps on another machine."""
    return os.environ | {_HELD: f"elsewhere {RunFolder(run_dir).pool.path.resolve()}"}


def _remove_unused(run_dir: Path) -> None:
    """Remove a run folder that a mistake has left without anything but its lock."""
    if [path.name for path in run_dir.iterdir()] == [_LOCK]:
        (run_dir / _LOCK).unlink()
        with suppress(OSError):  # another run has just begun in it
            run_dir.rmdir()


def _is_held_by_parent(run_dir: Path) -> bool:
    process, _, folder = os.environ.get(_HELD, "").partition(" ")
    return folder == str(run_dir.resolve()) and process != str(os.getpid())
