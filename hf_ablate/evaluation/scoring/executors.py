"""Where the models of an evaluation are scored: in this process, in those of `accelerate launch`, or by Ray.

All do the same: read what has been scored, share out the rest, score the shares into separate files, and then derive
what needs no forward pass. The rows are the same, whichever process computes them.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ...errors import InputError
from ...progress import Progress
from ...ray_actors import run_with_actors
from ...ray_cluster import Cluster, TaskResources, ray_cluster
from ...ray_tasks import first_line
from .processes import ALONE, Processes


if TYPE_CHECKING:
    import numpy as np

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
    """Score in processes of a Ray cluster; this one writes down what they compute.

    Args:
        prepare (`Prepare`): picklable.
        num_workers (`int`, *optional*): how many processes; default: one per GPU, or without any, one per processor
            core.
        address (`str`, *optional*): of the cluster, see [`ray_cluster`].

    Raises:
        `InputError`: if Ray is not installed or does not answer, if processes die, and what they raise.
    """
    sweeps = prepare(ALONE)
    passes = [
        _Pass(number, model.id, tuple(sweep.scores.sources.index(source) for source in sources))
        for number, sweep in enumerate(sweeps)
        for model, sources in sweep.passes(ALONE)
    ]
    if passes:
        with ray_cluster(address, num_workers) as cluster:
            _score_on_cluster(cluster, prepare, sweeps, passes, num_workers)
    for sweep in sweeps:
        sweep.derive(ALONE)


def _score_on_cluster(
    cluster: Cluster, prepare: Prepare, sweeps: list["Sweep"], passes: list["_Pass"], num_workers: int | None
) -> None:
    from ray.exceptions import RayError

    from .sweep import report_scored

    gpus, cores = (int(cluster.ray.cluster_resources().get(kind, 0)) for kind in ("GPU", "CPU"))
    resources = TaskResources(num_cpus=1, num_gpus=1 if gpus else 0)
    scored = run_with_actors(cluster, partial(_Passes, prepare), passes, num_workers or gpus or cores, resources)
    with closing(scored), Progress(len(passes), "evaluate", "model") as progress:
        for done, (place, results, error) in enumerate(scored, start=1):
            one = passes[place]
            sweep = sweeps[one.sweep]
            model = sweep.models[one.model]
            if isinstance(error, RayError):
                raise InputError(
                    f"{model.id}: the processes that scored it have died, the last of {first_line(error)}; what is "
                    "scored is kept, and the same command resumes"
                ) from error
            if error:
                raise error
            for number, (sums, seconds) in zip(one.sources, results, strict=True):
                sweep.record(model, sweep.scores.sources[number], sums, seconds)
            progress.advance(1)
            report_scored(progress, model, done, len(passes))


@dataclass(frozen=True)
class _Pass:
    """A model to score, of one of the sweeps, and the numbers of the sources that it is missing on."""

    sweep: int
    model: str
    sources: tuple[int, ...]


class _Passes:
    """Scores models in a process of the cluster, which keeps the components of their pools."""

    def __init__(self, prepare: Prepare) -> None:
        self._sweeps = prepare(ALONE)

    def __call__(self, one: _Pass) -> list[tuple["np.ndarray", float]]:
        """Of each source, sums over its documents, float64 [documents], and the seconds that they took."""
        sweep = self._sweeps[one.sweep]
        sources = [sweep.scores.sources[number] for number in one.sources]
        return [(sums, seconds) for _, sums, seconds in sweep.score(sweep.models[one.model], sources)]
