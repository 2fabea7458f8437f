"""Tasks that any node of a Ray cluster can do.

All nodes must see the run folder at the same path, and have this package installed. A task whose process or node dies
is done again, there or on another node, so a task has to resume from, or replace, what an earlier attempt left.
"""

import logging
import os
import pickle
import queue
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import InputError
from .ray_cluster import Cluster, TaskResources
from .remote_code import is_trusted, trusting


def run_on_cluster(
    cluster: Cluster,
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    resources: TaskResources,
    meanwhile: Callable[[], None] = lambda: None,
    seconds: float = 5,
) -> Iterator[tuple[int, Any, Exception | None]]:
    """Call a function for every task on some node; a task that fails does not stop the others.

    What the package logs on a node is logged here when the task ends. Tasks that are still running when the iteration
    is left are stopped.

    Args:
        cluster ([`Cluster`]): from [`ray_cluster`].
        function (`Callable`): picklable. It is called in the folder in which this process works.
        tasks (`Sequence`): picklable values.
        resources ([`TaskResources`]): of each task.
        meanwhile (`Callable`, *optional*): called again and again while no task ends.
        seconds (`float`): between two such calls.

    Returns:
        `Iterator[tuple[int, Any, Exception | None]]`: as tasks end, each one's place in `tasks`, what it returned, and
        why it failed: what the function raised, with its traceback there as a note, or one of Ray's errors if its
        process or node died as often as Ray starts it again.

    Raises:
        `InputError`: if no node is or will be large enough.
    """
    if not tasks:
        return
    cluster.check(resources)
    ray = cluster.ray
    call = ray.remote(num_cpus=resources.num_cpus, num_gpus=resources.num_gpus)(_call)
    shared = ray.put((Surroundings.here(), function))
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    running = {}
    try:
        for place, task in enumerate(tasks):
            running[place] = call.remote(shared, task)
            running[place].future().add_done_callback(lambda _, place=place: ended.put(place))
        while running:
            try:
                place = ended.get(timeout=seconds)
            except queue.Empty:
                meanwhile()
                continue
            try:
                done = ray.get(running.pop(place))
            except ray.exceptions.RayError as error:
                yield place, None, error
                continue
            done.log()
            yield place, done.result, done.error
    finally:
        for reference in running.values():
            ray.cancel(reference, force=True)


def first_line(error: Exception) -> str:
    """What one of Ray's errors says, without the pages of detail that follow."""
    return str(error).strip().splitlines()[0].rstrip(".")


@dataclass(frozen=True)
class Done:
    """A call that has ended in another process.

    Args:
        result (`Any`): what it returned.
        error (`Exception | None`): what it raised, with its traceback as a note.
        logged (`list[tuple[str, int, str]]`): logger, level and message of what the package logged.
    """

    result: Any
    error: Exception | None
    logged: list[tuple[str, int, str]]

    def log(self) -> None:
        """Log here what was logged there."""
        for name, level, message in self.logged:
            logging.getLogger(name).log(level, "%s", message)


@dataclass(frozen=True)
class Surroundings:
    """What a process has in common with those that work for it.

    Args:
        folder (`Path`): which relative paths start from.
        trusted (`bool`): whether code that models bring along may run.
        log_level (`int`): what the package logs.
    """

    folder: Path
    trusted: bool
    log_level: int

    @classmethod
    def here(cls) -> "Surroundings":
        """Those of this process."""
        return cls(Path.cwd(), is_trusted(), logging.getLogger(__package__).getEffectiveLevel())

    def call(self, function: Callable[..., Any], *arguments: Any) -> Done:
        """Call a function in a process that works for the one with these surroundings.

        Returns:
            `Done`: also of a call that failed; with an `InputError` where the folder is not there.
        """
        package, kept = logging.getLogger(__package__), _Kept()
        package.setLevel(self.log_level)
        package.addHandler(kept)
        try:
            if not self.folder.is_dir():
                raise InputError(
                    f"node {os.uname().nodename} does not see {self.folder}; every node needs it at the same path"
                )
            os.chdir(self.folder)
            with trusting(self.trusted):
                return Done(function(*arguments), None, kept.lines)
        except Exception as error:
            return Done(None, _portable(error), kept.lines)
        finally:
            package.removeHandler(kept)


def _call(shared: tuple[Surroundings, Callable[[Any], Any]], task: Any) -> Done:
    surroundings, function = shared
    return surroundings.call(function, task)


class _Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.name, record.levelno, record.getMessage()))


def _portable(error: Exception) -> Exception:
    """An error that can be read in another process, where its traceback would be lost."""
    where = f"on node {os.uname().nodename}:\n{traceback.format_exc()}"
    try:
        portable = pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its class does when it is pickled
        portable = RuntimeError(f"{type(error).__name__}: {error}")
    portable.add_note(where)
    return portable
