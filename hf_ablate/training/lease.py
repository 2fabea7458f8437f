"""One process at a time writes a model, on whatever nodes its attempts run.

A node that is cut off may go on training while Ray has another one do so, and a driver may be started again before the
processes of the one before have ended. A lease, a file next to the model's folder, tells them of each other. It needs
no locks and no common clock: only that a file is created or renamed as a whole, and that whoever opens a file sees
what was written before it was closed elsewhere (POSIX, and NFS with its default options).
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from ..errors import InputError
from ..manifest import write_text


logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_SIGNS = 5  # of life
_SECONDS_UNTIL_DEAD = 60  # without one
_MOST_SECONDS_OF_WAITING = 300  # less than the processes of a group wait for each other


class LeaseLostError(RuntimeError):
    """Another process has taken over the model that this one was training."""


class Lease:
    """The right to write a model, while it is held.

    Args:
        path (`Path`): its file.
        model (`str`): the model's id, for messages.
    """

    def __init__(self, path: Path, model: str) -> None:
        self._path, self._model = path, model
        self._content = f"{_machine()} {os.getpid()} {os.uname().nodename} {uuid4().hex}\n"
        self._confirmed = time.monotonic()

    def take(self) -> None:
        """Wait until nobody else has the lease, and take it.

        Raises:
            `InputError`: if somebody else keeps it; names the process.
        """
        started, seen, since = time.monotonic(), None, time.monotonic()
        while True:
            if self._create():
                return
            found = _look(self._path)
            if found is None:
                continue  # it was given back
            if found != seen:
                seen, since = found, time.monotonic()
            content, _ = found
            if _has_ended(content) or time.monotonic() - since > _SECONDS_UNTIL_DEAD:
                write_text(self._path, self._content)
                self.confirm()
                return
            self._wait(content, started)

    def _create(self) -> bool:
        try:
            with open(self._path, "x", encoding="utf-8") as file:
                file.write(self._content)
        except FileExistsError:
            return False
        self._confirmed = time.monotonic()
        return True

    def _wait(self, content: str, started: float) -> None:
        waited = time.monotonic() - started
        _, process, node, _ = content.split() if content.strip() else ("", "of unknown number", "unknown", "")
        if waited > _MOST_SECONDS_OF_WAITING:
            raise InputError(
                f"{self._model} is being trained by process {process} on node {node}; wait for it to end or stop it, "
                "and run the same command again"
            )
        if waited < 1:
            logger.info("%s: waiting for process %s on node %s, which was training it", self._model, process, node)
        time.sleep(min(1, _SECONDS_UNTIL_DEAD / 10))

    def confirm(self) -> None:
        """Make sure that the lease is still this process's, and show that it is alive.

        Raises:
            `LeaseLostError`: if it is not.
        """
        found = _look(self._path)
        if found is None or found[0] != self._content:
            raise LeaseLostError(
                f"{self._model}: this process had stood still for a minute or more, and another one trains it now"
            )
        os.utime(self._path)  # writes nothing, in case another process has just taken it
        self._confirmed = time.monotonic()

    def check(self) -> None:
        """Confirm the lease if that was long ago: the process or its file system has stood still."""
        if time.monotonic() - self._confirmed > _SECONDS_UNTIL_DEAD / 2:
            self.confirm()

    def give_back(self) -> None:
        """End it; does nothing if another process has it."""
        found = _look(self._path)
        if found is not None and found[0] == self._content:
            self._path.unlink(missing_ok=True)


@contextmanager
def held_lease(folder: Path, model: str) -> Iterator[Lease]:
    """Have the lease of a model's folder within the block.

    Args:
        folder (`Path`): of the model; it need not exist.
        model (`str`): the model's id.

    Raises:
        `InputError`: if another process keeps training it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lease = Lease(folder.with_name(f".{folder.name}.lease"), model)
    lease.take()
    ended = threading.Event()
    thread = threading.Thread(target=_show_life, args=(lease, ended), daemon=True, name=f"lease of {model}")
    thread.start()
    try:
        yield lease
    finally:
        ended.set()
        thread.join()
        lease.give_back()


def _show_life(lease: Lease, ended: threading.Event) -> None:
    while not ended.wait(_SECONDS_BETWEEN_SIGNS):
        try:
            lease.confirm()
        except LeaseLostError:
            return  # training finds out by itself, where it can stop
        except OSError:
            continue  # the file system may come back


def _look(path: Path) -> tuple[str, int] | None:
    """The content of a lease and when there was the last sign of life; opened, since NFS caches what is not."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(), os.fstat(file.fileno()).st_mtime_ns
    except FileNotFoundError:
        return None


def _machine() -> str:
    """What tells processes apart whose numbers are the same: the machine since it was started, and the container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:  # not Linux: nobody is known to have ended
        return uuid4().hex


def _has_ended(content: str) -> bool:
    """Whether a lease is that of a process of this machine that has ended."""
    machine, _, rest = content.partition(" ")
    process = rest.partition(" ")[0]
    if machine != _machine() or not process.isdigit():
        return False
    try:
        state = Path("/proc", process, "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in ("Z", "X")  # ended, and nobody has asked how
