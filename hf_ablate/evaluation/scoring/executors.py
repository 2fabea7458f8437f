"""Where the models of an evaluation are scored: in this process, in those of `accelerate launch`, or by Ray.

All do the same: read what has been scored, share out the rest, score the shares into separate files, and then derive
what needs no forward pass. The rows are the same, whichever process computes them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...ray_cluster import ray_cluster
from ...remote_code import is_trusted, trusting
from .processes import ALONE, Processes


if TYPE_CHECKING:
    from .sweep import Sweep


# Makes the sweeps of a process, given which one it is.
Prepare = Callable[[Processes], list["Sweep"]]


def run_here(prepare: Prepare, processes: Processes) -> None:
    """Score this process's share, and wait for the others'."""
    sweeps = prepare(processes)
    processes.wait()  # all have read what is scored already before the first writes
    for sweep in sweeps:
        sweep.score_share(processes)
    processes.wait()
    for sweep in sweeps:
        sweep.derive(processes)
    processes.wait()


def run_with_ray(prepare: Prepare, num_workers: int | None, address: str | None = None) -> None:
    """Score in the workers of a Ray cluster.

    Args:
        prepare (`Prepare`): picklable.
        num_workers (`int`, *optional*): default: one per GPU, or without any, one per processor core.
        address (`str`, *optional*): of the cluster, see [`ray_cluster`].

    Raises:
        `InputError`: if Ray is not installed or does not answer; and what the workers raise.
    """
    with ray_cluster(address, num_workers) as ray:
        from ray.exceptions import RayTaskError

        gpus, cores = (int(ray.cluster_resources().get(kind, 0)) for kind in ("GPU", "CPU"))
        count = num_workers or gpus or cores
        make = ray.remote(num_cpus=1, num_gpus=1 if gpus else 0)(_Worker)
        workers = [make.remote(prepare, Processes(index, count), is_trusted()) for index in range(count)]
        try:
            ray.get([worker.prepare.remote() for worker in workers])
            ray.get([worker.score_share.remote() for worker in workers])
        except RayTaskError as error:
            raise error.cause from None
    for sweep in prepare(ALONE):
        sweep.derive(ALONE)


class _Worker:
    """A Ray actor; each step ends in all of them before the next begins."""

    def __init__(self, prepare: Prepare, processes: Processes, trusted: bool):
        self.make, self.processes, self.trusted = prepare, processes, trusted

    def prepare(self) -> None:
        with trusting(self.trusted):
            self.sweeps = self.make(self.processes)

    def score_share(self) -> None:
        with trusting(self.trusted):
            for sweep in self.sweeps:
                sweep.score_share(self.processes)
