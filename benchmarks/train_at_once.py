"""Small models on a CPU: one after the other with all cores, next to one process for every core at once.

    python -m benchmarks.train_at_once --seconds 600

The bare steps of the quickstart's model, in slices of a second that alternate. It is wall-clock time that counts, and
threads that wait for each other lose more of it to other work than single ones, so a slice counts only if nothing else
ran beside it; the benchmark waits for such moments.
"""

import argparse
import multiprocessing
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import psutil

from benchmarks.measurement import CannotRun, Measurement


_STEPS = 6  # of a slice
_QUIET = 0.08  # cores that other work may take beside a slice


@dataclass(frozen=True)
class Pair:
    """Two slices, one after the other.

    Args:
        one (`float`): seconds of a step of one process with all cores.
        many (`float`): seconds for a step of every process with one core, divided by their number.
    """

    one: float
    many: float


def train_steps(threads: int, connection: Connection) -> None:
    """Do as many steps as are asked for, again and again, in a process of its own."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from hf_ablate.evaluation.scoring.fast_cpu import keep_freed_memory

    torch.set_num_threads(threads)
    keep_freed_memory()
    config = LlamaConfig(
        vocab_size=2048, hidden_size=128, intermediate_size=384, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=4, tie_word_embeddings=True, max_position_embeddings=128, use_cache=False,
    )  # fmt: skip
    model = LlamaForCausalLM(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    batch = torch.randint(0, config.vocab_size, (16, 128))
    connection.send(0.0)
    while steps := connection.recv():
        began = time.process_time()
        for _ in range(steps):
            model(input_ids=batch, labels=batch).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        connection.send(time.process_time() - began)


class Workers:
    """Processes that train at the same time.

    Args:
        threads (`Sequence[int]`): of each process.
    """

    def __init__(self, threads: Sequence[int]) -> None:
        self._ends = [self._start(number) for number in threads]
        self.slice(2)  # the first steps take longer

    @staticmethod
    def _start(threads: int) -> Connection:
        ours, theirs = multiprocessing.Pipe()
        multiprocessing.get_context("spawn").Process(target=train_steps, args=(threads, theirs), daemon=True).start()
        ours.recv()
        return ours

    def slice(self, steps: int) -> tuple[float, float]:
        """Let each process do so many steps.

        Returns:
            `tuple[float, float]`: wall-clock seconds for a step of one of them, and the cores that other work took.
        """
        busy, began = busy_seconds(), time.perf_counter()
        for end in self._ends:
            end.send(steps)
        own = sum(end.recv() for end in self._ends)
        wall = time.perf_counter() - began
        return wall / (steps * len(self._ends)), (busy_seconds() - busy - own) / wall


def busy_seconds() -> float:
    """The seconds that the machine's cores have worked so far."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0)


def run_pairs(seconds: float, most: int) -> list[Pair]:
    """Pairs of slices without other work, for at most so many seconds.

    Raises:
        `CannotRun`: if there is a single core, or other work all the time.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if cores == 1:
        raise CannotRun("there is one core")
    one, many = Workers([cores]), Workers([1] * cores)
    end, pairs = time.monotonic() + seconds, []
    while time.monotonic() < end and len(pairs) < most:
        before = busy_seconds()
        time.sleep(0.3)
        if busy_seconds() - before > 0.3 * _QUIET:
            continue
        (of_one, beside_one), (of_many, beside_many) = one.slice(_STEPS), many.slice(_STEPS)
        if max(beside_one, beside_many) < _QUIET:
            pairs.append(Pair(of_one, of_many))
    if not pairs:
        raise CannotRun(f"other work ran on this machine for all of {seconds:.0f} s")
    return pairs


def measure(quick: bool) -> list[Measurement]:
    """Five pairs of slices if quick, else twenty."""
    pairs = run_pairs(60 if quick else 600, most=5 if quick else 20)
    return [
        Measurement(
            "training, models at once",
            "speed of one process for every core / of one process with all cores, 1 M parameters",
            [pair.one / pair.many for pair in pairs],
            more_is_better=True,
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600, help="how long to look for quiet moments")
    parser.add_argument("--pairs", type=int, default=20, help="as many as are enough")
    options = parser.parse_args()
    pairs = run_pairs(options.seconds, options.pairs)
    one, many = (statistics.median(getattr(pair, name) for pair in pairs) for name in ("one", "many"))
    ratios = [pair.one / pair.many for pair in pairs]
    print(
        f"a step of a model: {one * 1e3:.0f} ms with all cores, {many * 1e3:.0f} ms with a process for every core: "
        f"{statistics.median(ratios):.2f} times as fast (median of {len(ratios)}; {min(ratios):.2f} to "
        f"{max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
