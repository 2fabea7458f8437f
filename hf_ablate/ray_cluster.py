"""Ray for the heavy stages: a connection to a cluster, and tasks that any of its nodes can do.

All nodes must see the run folder at the same path, and have this package installed. A task whose node dies is done
again on another one, so a task has to resume from, or replace, what an earlier attempt left.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from .errors import InputError
from .remote_code import is_trusted, trusting


@dataclass(frozen=True)
class TaskResources:
    """What Ray reserves for one task, on one node.

    Args:
        num_cpus (`float`): processor cores; also the number of threads that torch uses.
        num_gpus (`float`): GPUs, which the task alone sees.
    """

    num_cpus: float = 1
    num_gpus: float = 0


@contextmanager
def ray_cluster(address: str | None = None, num_cpus: int | None = None) -> Iterator[ModuleType]:
    """Be connected to a Ray cluster within the block.

    Args:
        address (`str`, *optional*): of a running cluster, as Ray takes it: `auto`, or `HOST:PORT`. Default: the one
            that RAY_ADDRESS names; without it a cluster of this machine alone, which ends with the block.
        num_cpus (`int`, *optional*): cores of a cluster that is started here. Default: all.

    Returns:
        `Iterator[ModuleType]`: Ray itself, connected.

    Raises:
        `InputError`: if Ray is not installed, or there is no cluster at the address.
    """
    ray = _import_ray()
    if ray.is_initialized():  # by whoever called
        yield ray
        return
    address = address or os.environ.get("RAY_ADDRESS")
    # `local` starts a cluster; without an address, Ray would take one that anyone has started on this machine
    where = {"address": address or "local"} | ({} if address else {"include_dashboard": False, "num_cpus": num_cpus})
    try:
        ray.init(logging_level="error", log_to_driver=False, **where)
    except (ConnectionError, ValueError, TimeoutError) as error:
        raise InputError(
            f"no Ray cluster answers at {address!r} ({error}); start one with `ray start --head`, or leave out "
            "ray_address to use this machine alone"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def run_on_cluster(
    ray: ModuleType, function: Callable[[Any], Any], tasks: Sequence[Any], resources: TaskResources
) -> Iterator[tuple[int, Any, Exception | None]]:
    """Call a function for every task on some node; a task that fails does not stop the others.

    Args:
        ray (`ModuleType`): connected, from [`ray_cluster`].
        function (`Callable`): picklable. It is called in the folder in which this process works.
        tasks (`Sequence`): picklable values.
        resources ([`TaskResources`]): of each task.

    Returns:
        `Iterator[tuple[int, Any, Exception | None]]`: as tasks end, each one's place in `tasks`, what it returned, and
        why it failed: what the function raised, or one of Ray's errors if its process or node died.
    """
    from ray.exceptions import RayError, RayTaskError

    call = ray.remote(num_cpus=resources.num_cpus, num_gpus=resources.num_gpus)(_call)
    submit = partial(call.remote, function, folder=Path.cwd(), trusted=is_trusted())
    pending = {submit(task): place for place, task in enumerate(tasks)}
    while pending:
        (ended,), _ = ray.wait(list(pending), num_returns=1)
        place = pending.pop(ended)
        try:
            yield place, ray.get(ended), None
        except RayTaskError as error:
            yield place, None, error.cause
        except RayError as error:
            yield place, None, error


def _call(function: Callable[[Any], Any], task: Any, folder: Path, trusted: bool) -> Any:
    """Do a task where relative paths mean what they mean to the process that asked for it."""
    if not folder.is_dir():
        raise InputError(f"node {os.uname().nodename} does not see {folder}; every node needs it at the same path")
    os.chdir(folder)
    with trusting(trusted):
        return function(task)


def _import_ray() -> ModuleType:
    try:
        import ray
    except ImportError as error:
        raise InputError("executor `ray` needs Ray, which is not installed: pip install 'hf_ablate[ray]'") from error
    return ray
