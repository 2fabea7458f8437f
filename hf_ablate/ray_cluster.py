"""A connection to a Ray cluster, for the heavy stages."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

from .errors import InputError


logger = logging.getLogger(__name__)

# Ray reads both once, when it is imported. It would print what happens to each worker on stdout, where results are
# (https://docs.ray.io/en/latest/ray-observability/user-guides/configure-logging.html), and start a task again without
# end if its node lacks memory for it (2.60; its own default for other deaths of a process is 3 times).
_SETTINGS = {"RAY_DEDUP_LOGS_SKIP_REGEX": "^", "RAY_task_oom_retries": "3"}
_SECONDS_TO_ANSWER = 10
_OWN = "local"  # the address by which Ray starts a cluster, though another one may run on the machine


@dataclass(frozen=True)
class TaskResources:
    """What Ray reserves for one task, on one node.

    Args:
        num_cpus (`float`): processor cores; also the number of threads that torch uses.
        num_gpus (`float`): GPUs, which the task alone sees.

    Example:

    ```python
    >>> print(TaskResources(2, 1))
    2 CPUs and 1 GPU

    ```
    """

    num_cpus: float = 1
    num_gpus: float = 0

    def __str__(self) -> str:
        amounts = ((self.num_cpus, "CPU"), (self.num_gpus, "GPU"))
        return " and ".join(f"{amount:g} {name}{'s' * (amount != 1)}" for amount, name in amounts if amount)


@dataclass(frozen=True)
class Cluster:
    """A connection to a Ray cluster.

    Args:
        ray (`ModuleType`): Ray itself, connected.
        is_own (`bool`): started here for as long as it is needed: no other node will join it.
    """

    ray: ModuleType
    is_own: bool

    @property
    def has_gpus(self) -> bool:
        """Whether some node has a GPU."""
        return self.ray.cluster_resources().get("GPU", 0) > 0

    def check(self, resources: TaskResources) -> None:
        """Log a warning if a task has to wait until a node joins that is large enough for it.

        Raises:
            `InputError`: if none will.
        """
        nodes = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        if any(
            node.get("CPU", 0) >= resources.num_cpus and node.get("GPU", 0) >= resources.num_gpus for node in nodes
        ):
            return
        sizes = "; ".join(sorted({str(TaskResources(node.get("CPU", 0), node.get("GPU", 0))) for node in nodes}))
        if self.is_own:
            raise InputError(f"a task needs {resources}, and this machine has {sizes}; lower num_cpus or num_gpus")
        logger.warning(
            "a task needs %s, and the cluster's nodes have %s: waiting until a node joins that is large enough; "
            "otherwise lower num_cpus or num_gpus", resources, sizes,
        )  # fmt: skip


_connected: list[Cluster] = []  # by the outermost block, if one is open


@contextmanager
def ray_cluster(address: str | None = None, num_cpus: int | None = None) -> Iterator[Cluster]:
    """Be connected to a Ray cluster within the block.

    Args:
        address (`str`, *optional*): of a running cluster, as Ray takes it: `auto`, or `HOST:PORT`. Default: the one
            that RAY_ADDRESS names; without it a cluster of this machine alone, which ends with the block.
        num_cpus (`int`, *optional*): cores of a cluster that is started here. Default: all.

    Returns:
        `Iterator[Cluster]`: the connection.

    Raises:
        `InputError`: if Ray is not installed, or there is no cluster at the address.
    """
    ray = _import_ray()
    if ray.is_initialized():  # by an outer block, or by whoever called
        yield _connected[-1] if _connected else Cluster(ray, is_own=False)
        return
    address = address or os.environ.get("RAY_ADDRESS") or _OWN
    is_own = address == _OWN
    own = {"include_dashboard": False, "num_cpus": num_cpus} if is_own else {}
    try:
        _check_answers(address)
        ray.init(address, logging_level="error", log_to_driver=False, **own)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Ray cluster answers at {address!r} ({error}); start one with `ray start --head`, set "
            "RAY_AUTH_MODE=token if it has token authentication, or leave out ray_address to use this machine alone"
        ) from error
    _connected.append(Cluster(ray, is_own))
    try:
        yield _connected[-1]
    finally:
        _connected.pop()
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Raise `OSError` if nothing listens at `HOST:PORT`: Ray would go on trying for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.rpartition("/")[2], int(port)), timeout=_SECONDS_TO_ANSWER).close()


def _import_ray() -> ModuleType:
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise InputError("executor `ray` needs Ray, which is not installed: pip install 'hf_ablate[ray]'") from error
    return ray
