"""Processes on a Ray cluster that keep something large between tasks, such as the components of a pool."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .errors import InputError
from .ray_cluster import Cluster, TaskResources
from .ray_tasks import Done, Surroundings, first_line


_MOST_DEATHS = 3  # of processes, by one task


def run_with_actors(
    cluster: Cluster,
    prepare: Callable[[], Callable[[Any], Any]],
    tasks: Sequence[Any],
    count: int,
    resources: TaskResources,
) -> Iterator[tuple[int, Any, Exception | None]]:
    """Do every task in one of several processes, each of which is prepared once.

    Where a process dies, alone or with its node, another does its task, and a new one starts as soon as the cluster
    has room for it.

    Args:
        cluster ([`Cluster`]): from [`ray_cluster`].
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
    cluster.check(resources)
    ray = cluster.ray
    make = ray.remote(num_cpus=resources.num_cpus, num_gpus=resources.num_gpus)(_Actor)
    waiting, idle, deaths = deque(range(len(tasks))), [], Counter()
    busy: dict[Any, tuple[Any, int | None]] = {}  # the reference to what an actor does → it, and the place of its task

    def start() -> None:
        actor = make.remote(Surroundings.here())
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
                done: Done = ray.get(ended)
            except ray.exceptions.RayError as death:
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
            done.log()
            idle.append(actor)
            if place is not None:
                yield place, done.result, done.error
            elif done.error:
                raise done.error
    finally:
        for actor in [*idle, *(actor for actor, _ in busy.values())]:
            ray.kill(actor)


class _Actor:
    """One of the processes."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def prepare(self, prepare: Callable[[], Callable[[Any], Any]]) -> Done:
        done = self._surroundings.call(prepare)
        self._function = done.result
        return Done(None, done.error, done.logged)

    def do(self, task: Any) -> Done:
        return self._surroundings.call(self._function, task)
