"""Tasks in several processes: each writes files, the last of which marks it as done, so a killed run resumes."""

import multiprocessing
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from ...progress import Progress
from ...remote_code import is_trusted, trust


def run_tasks(function: Callable[[Any], None], tasks: Iterable[Any], num_proc: int, description: str) -> None:
    """Call `function` for every task, in this process or in several; the first error stops all.

    Args:
        function (`Callable`): picklable; must give the same result in whatever process and order it is called.
        tasks (`Iterable`): picklable values.
        num_proc (`int`): the number of processes.
        description (`str`): for the progress bar.
    """
    tasks = list(tasks)
    if num_proc == 1 or len(tasks) <= 1:
        with Progress(len(tasks), description, "part", enabled=bool(tasks)) as progress:
            for task in tasks:
                function(task)
                progress.advance(1)
        return
    context = multiprocessing.get_context("spawn")
    initial = {"initializer": _start_worker, "initargs": (is_trusted(),)}
    with ProcessPoolExecutor(min(num_proc, len(tasks)), mp_context=context, **initial) as pool:
        futures = [pool.submit(function, task) for task in tasks]
        try:
            with Progress(len(tasks), description, "part") as progress:
                for future in as_completed(futures):
                    future.result()
                    progress.advance(1)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start_worker(trusted: bool) -> None:
    trust(trusted)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one process per core, so one thread per process
