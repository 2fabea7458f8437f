"""Tasks in several processes: each writes files, the last of which marks it as done, so a killed run resumes.

A task may be done twice, even by two processes at once: Ray does it again where it believes that a node has died.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...errors import InputError
from ...executor_arguments import ExecutorArguments
from ...progress import Progress
from ...ray_cluster import Cluster, TaskResources, ray_cluster
from ...ray_tasks import first_line, run_on_cluster
from ...remote_code import is_trusted, trust


@dataclass(frozen=True)
class Workers:
    """Who does the tasks.

    Args:
        count (`int`): how many tasks at once.
        cluster ([`Cluster`], *optional*): the Ray cluster that does them; default: processes of this machine.
    """

    count: int = 1
    cluster: Cluster | None = None


@contextmanager
def start_workers(executor: ExecutorArguments, num_proc: int) -> Iterator[Workers]:
    """The workers that the arguments ask for, within the block.

    Args:
        executor ([`ExecutorArguments`]): this machine, or which cluster, all of whose processor cores are workers.
        num_proc (`int`): the number of processes of this machine.

    Raises:
        `InputError`: as [`ray_cluster`] does.
    """
    if executor.executor == "local":
        yield Workers(num_proc)
        return
    with ray_cluster(executor.ray_address) as cluster:
        yield Workers(int(cluster.ray.cluster_resources().get("CPU", 1)), cluster)


def run_tasks(function: Callable[[Any], None], tasks: Iterable[Any], workers: Workers, description: str) -> None:
    """Call `function` for every task; the first error stops all.

    Args:
        function (`Callable`): picklable; must give the same result in whatever process and order it is called.
        tasks (`Iterable`): picklable values, which as text say what they work on.
        workers ([`Workers`]): who does them.
        description (`str`): for the progress bar.

    Raises:
        `InputError`: as `function` does, and for a process on a cluster that has died more often than Ray tries again.
    """
    tasks = list(tasks)
    if workers.cluster:
        _run_on_cluster(function, tasks, workers.cluster, description)
    elif workers.count == 1 or len(tasks) <= 1:
        _run_here(function, tasks, description)
    else:
        _run_in_processes(function, tasks, workers.count, description)


def _run_here(function: Callable[[Any], None], tasks: list[Any], description: str) -> None:
    with Progress(len(tasks), description, "part", enabled=bool(tasks)) as progress:
        for task in tasks:
            function(task)
            progress.advance(1)


def _run_in_processes(function: Callable[[Any], None], tasks: list[Any], count: int, description: str) -> None:
    context = multiprocessing.get_context("spawn")
    initial = {"initializer": _start_process, "initargs": (is_trusted(),)}
    with ProcessPoolExecutor(min(count, len(tasks)), mp_context=context, **initial) as pool:
        futures = [pool.submit(function, task) for task in tasks]
        try:
            with Progress(len(tasks), description, "part") as progress:
                for future in as_completed(futures):
                    future.result()
                    progress.advance(1)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _run_on_cluster(function: Callable[[Any], None], tasks: list[Any], cluster: Cluster, description: str) -> None:
    from ray.exceptions import RayError

    ended = run_on_cluster(cluster, partial(_in_one_thread, function), tasks, TaskResources())
    with closing(ended), Progress(len(tasks), description, "part", enabled=bool(tasks)) as progress:
        for place, _, error in ended:
            if isinstance(error, RayError):
                raise InputError(
                    f"{description} {tasks[place]} failed on the cluster ({first_line(error)}); the same command "
                    "resumes"
                ) from error
            if error:
                raise error
            progress.advance(1)


def _start_process(trusted: bool) -> None:
    trust(trusted)
    _use_one_thread()


def _in_one_thread(function: Callable[[Any], None], task: Any) -> None:
    _use_one_thread()
    function(task)


def _use_one_thread() -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one process per core, so one thread per process
