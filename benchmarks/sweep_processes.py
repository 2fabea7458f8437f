"""A sweep by two processes on two cores, beside one process with one thread and with two.

    python -m benchmarks.sweep_processes                          # the quickstart's size, on a machine that is idle
    python -m benchmarks.sweep_processes --model-size 7m --tokens 2000 --rounds 5

All processes map the same component files; `hf-ablate evaluate --accelerate_config cpu --num_processes 2` starts such,
with one thread each on two cores. They are started and warm before the first round; in a round each way scores the
same mixtures, one way after the other. Seconds are those of the clock, so other work on the machine spoils them.
Processor time tells what it would be without: processes that slow each other down (memory, caches) take more of it.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from benchmarks.made_pool import SIZES, make_components, make_domains, make_scorer
from benchmarks.measurement import Measurement
from benchmarks.sweep_share import some_mixtures
from hf_ablate.evaluation.scoring.cost import ScoringCosts
from hf_ablate.evaluation.scoring.families import Family
from hf_ablate.evaluation.scoring.processes import Processes
from hf_ablate.evaluation.scoring.score_folder import ScoreFolder
from hf_ablate.evaluation.scoring.sweep import Sweep
from hf_ablate.evaluation.text.windows import TokenStream
from hf_ablate.mixtures.proxies import MERGE


@dataclass(frozen=True)
class Round:
    """Seconds of one process with one thread, of one with two, and of two with one each.

    Args:
        clock (`tuple[float, float, float]`): from start to end.
        processor (`tuple[float, float, float]`): of all processes together.
    """

    clock: tuple[float, float, float]
    processor: tuple[float, float, float]

    @property
    def two_beside_one(self) -> float:
        """How many times as fast two processes are as one, each with one thread."""
        return self.clock[0] / self.clock[2]

    @property
    def two_beside_threads(self) -> float:
        """How many times as fast two processes are as one with two threads."""
        return self.clock[1] / self.clock[2]

    @property
    def without_other_work(self) -> float:
        """The same as [`Round.two_beside_one`] where the processes have two cores to themselves, by processor time."""
        return 2 * self.processor[0] / self.processor[2]


def work(
    connection: Connection, folders: dict[str, Path], streams: list[TokenStream], size: str, threads: int, folder: Path
) -> None:
    """A process: for every (number of the round, processes) received, score its share; send what that took."""
    torch.set_num_threads(threads)
    with make_scorer(folders, streams, size) as scorer:
        models = [scorer.pool.proxy(MERGE, mixture) for mixture in some_mixtures(list(folders), 4)]
        for source in scorer.sources:
            scorer.document_sums(models[0], source)  # warm
        connection.send(mapped_memory())
        while job := connection.recv():
            number, processes = job
            scores = ScoreFolder(folder / str(number), scorer.sources, scorer.measurement, processes=processes)
            costs = ScoringCosts(folder / str(number), Family(models, scorer.measurement, None), processes)
            sweep = Sweep(scores, models, scorer, costs)
            started = time.process_time()
            for model, sources in sweep.passes(processes):
                for entry in sweep.score(model, sources):
                    sweep.record(model, *entry)
            connection.send(time.process_time() - started)


def mapped_memory() -> tuple[float, float]:
    """Megabytes of mapped files in this process, and its part of them where processes share them."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as file:
        kilobytes = {
            name.rstrip(":"): int(value) for name, value, *_ in (line.split() for line in file.readlines()[1:])
        }
    shared = kilobytes["Rss"] - kilobytes["Anonymous"]
    return shared / 1e3, kilobytes["Pss_File"] / 1e3


def measured(size: str, tokens: int, rounds: int) -> tuple[list[Round], list[tuple[float, float]]]:
    """The rounds, and the [`mapped_memory`] of the three processes."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        folders, streams = make_components(Path(folder), size), make_domains(tokens, size)
        pipes, processes = [], []
        for number, threads in enumerate((1, 1, 2)):
            pipe, other = context.Pipe()
            options = (other, folders, streams, size, threads, Path(folder) / f"scores{number}")
            processes.append(context.Process(target=work, args=options, daemon=True))
            processes[-1].start()
            pipes.append(pipe)
        memory = [pipe.recv() for pipe in pipes]
        found = []
        for number in range(rounds):
            ways = (
                [(pipes[0], Processes())],
                [(pipes[2], Processes())],
                [(pipes[0], Processes(0, 2)), (pipes[1], Processes(1, 2))],
            )
            timed = [_run(3 * number + way, jobs) for way, jobs in enumerate(ways)]
            found.append(Round(*zip(*timed, strict=True)))
        for pipe, process in zip(pipes, processes, strict=True):
            pipe.send(None)
            process.join()
    return found, memory


def _run(number: int, jobs: list[tuple[Connection, Processes]]) -> tuple[float, float]:
    """Seconds of the clock until all of the processes are done, and of all processors."""
    started = time.perf_counter()
    for pipe, processes in jobs:
        pipe.send((number, processes))
    processor = sum(pipe.recv() for pipe, _ in jobs)
    return time.perf_counter() - started, processor


def measure(quick: bool) -> list[Measurement]:
    rounds, _ = measured("1m", 2500 if quick else 20_000, 5)
    compared = "one process with one thread / two with one each, seconds of the clock"
    return [Measurement("two processes", compared, [one.two_beside_one for one in rounds], True, goal=1.7)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-size", choices=list(SIZES), default="1m")
    parser.add_argument("--tokens", type=int, default=5000, help="in each of four domains, about")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    rounds, memory = measured(arguments.model_size, arguments.tokens, arguments.rounds)
    print(f"{os.cpu_count()} cores, load of the last minute before the start {load:.1f}\n")
    print("seconds        one process, 1 thread   one process, 2 threads   two processes")
    for name in ("clock", "processor"):
        medians = [statistics.median(values) for values in zip(*(getattr(one, name) for one in rounds), strict=True)]
        print(f"{name:15s}{medians[0]:21.2f}{medians[1]:25.2f}{medians[2]:16.2f}")
    print()
    for title, name in (
        ("two processes / one with 1 thread", "two_beside_one"),
        ("two processes / one with 2 threads", "two_beside_threads"),
        ("two processes / one with 1 thread, by processor time", "without_other_work"),
    ):
        values = [getattr(one, name) for one in rounds]
        print(f"{title}: {statistics.median(values):.2f} times as fast ({min(values):.2f} to {max(values):.2f})")
    mapped, own = memory[-1]
    print(f"mapped files of a process: {mapped:.0f} MB, its part where they are shared {own:.0f} MB")


if __name__ == "__main__":
    main()
