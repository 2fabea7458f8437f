"""Tasks in several processes: each writes files, the last of which marks it as done, so a killed run resumes."""

import multiprocessing
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from tqdm import tqdm

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
        for task in tqdm(tasks, desc=description, disable=None if tasks else True):
            function(task)
        return
    context = multiprocessing.get_context("spawn")
    initial = {"initializer": _start_worker, "initargs": (is_trusted(),)}
    with ProcessPoolExecutor(min(num_proc, len(tasks)), mp_context=context, **initial) as pool:
        futures = [pool.submit(function, task) for task in tasks]
        try:
            for future in tqdm(as_completed(futures), total=len(tasks), desc=description, disable=None):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start_worker(trusted: bool) -> None:
    trust(trusted)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one process per core, so one thread per process
