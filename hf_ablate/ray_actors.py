"""Processes on a Ray cluster that keep something large between tasks, such as the components of a pool."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from .errors import InputError
from .ray_cluster import TaskResources, _call
from .remote_code import is_trusted


_MOST_DEATHS = 3  # of processes, by one task


def run_with_actors(
    ray: ModuleType,
    prepare: Callable[[], Callable[[Any], Any]],
    tasks: Sequence[Any],
    count: int,
    resources: TaskResources,
) -> Iterator[tuple[int, Any, Exception | None]]:
    """Do every task in one of several processes, each of which is prepared once.

    Where a process dies, alone or with its node, another does its task, and a new one starts as soon as the cluster
    has room for it.

    Args:
        ray (`ModuleType`): connected, from [`ray_cluster`].
        prepare (`Callable`): picklable; what it returns in a process does the tasks there.
        tasks (`Sequence`): picklable values.
        count (`int`): how many processes.
        resources ([`TaskResources`]): of each process.

    Returns:
        `Iterator[tuple[int, Any, Exception | None]]`: as tasks end, each one's place in `tasks`, the result, and why
        it failed: what was raised, or one of Ray's errors if three processes died of it.

    Raises:
        `InputError`: if no process is left, since all have died before their first task; and what `prepare` raises.
    """
    from ray.exceptions import RayError, RayTaskError

    make = ray.remote(num_cpus=resources.num_cpus, num_gpus=resources.num_gpus)(_Actor)
    waiting, idle, deaths = deque(range(len(tasks))), [], Counter()
    busy: dict[Any, tuple[Any, int | None]] = {}  # the reference to what an actor does → it, and the place of its task

    def start() -> None:
        actor = make.remote(Path.cwd(), is_trusted())
        busy[actor.prepare.remote(prepare)] = actor, None

    for _ in range(min(count, len(tasks))):
        start()
    try:
        while waiting or any(place is not None for _, place in busy.values()):
            while waiting and idle:
                actor, place = idle.pop(), waiting.popleft()
                busy[actor.do.remote(tasks[place])] = actor, place
            (ended,), _ = ray.wait(list(busy), num_returns=1)
            actor, place = busy.pop(ended)
            try:
                result, error = ray.get(ended), None
            except RayTaskError as failure:
                result, error = None, failure.cause
                if place is None:
                    raise error from None
            except RayError as death:
                if place is None:
                    if not busy and not idle:
                        raise InputError(f"no process is left on the cluster: {first_line(death)}") from death
                    continue
                deaths[place] += 1
                start()
                if deaths[place] < _MOST_DEATHS:
                    waiting.appendleft(place)
                    continue
                yield place, None, death
                continue
            idle.append(actor)
            if place is not None:
                yield place, result, error
    finally:
        for actor in [*idle, *(actor for actor, _ in busy.values())]:
            ray.kill(actor)


def first_line(error: Exception) -> str:
    """What one of Ray's errors says, without the pages of detail that follow."""
    return str(error).strip().splitlines()[0].rstrip(".")


class _Actor:
    """One of the processes."""

    def __init__(self, folder: Path, trusted: bool) -> None:
        self._folder, self._trusted = folder, trusted

    def prepare(self, prepare: Callable[[], Callable[[Any], Any]]) -> None:
        self._function = _call(lambda _: prepare(), None, self._folder, self._trusted)

    def do(self, task: Any) -> Any:
        return _call(self._function, task, self._folder, self._trusted)
