"""One benchmark in a process of its own, so that neither its peak memory nor its settings reach another."""

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurement import CannotRun, Measurement


_THREADS = {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}  # what is compared is processor time


@dataclass(frozen=True)
class Outcome:
    """What a benchmark gave: measurements, or why there are none.

    Args:
        measurements (`tuple[Measurement, ...]`): In the order in which they are shown.
        seconds (`float`): From start to end.
        lacking (`str`): What the benchmark needs and does not find here.
        failure (`str`): The last line that it wrote before it failed.
    """

    measurements: tuple[Measurement, ...] = ()
    seconds: float = 0.0
    lacking: str = ""
    failure: str = ""


def run_benchmark(name: str, quick: bool, time_limit: float) -> Outcome:
    """Run `benchmarks.NAME.measure` in a new process, and stop it after so many seconds."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "outcome.json"
        command = [sys.executable, "-m", "benchmarks.one", name, str(output), *(["--quick"] if quick else [])]
        process = subprocess.Popen(
            command, env=os.environ | _THREADS, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        try:
            errors = process.communicate(timeout=time_limit)[1]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with the processes that it started
            process.communicate()
            return Outcome(seconds=time_limit, failure=f"was not finished after {time_limit:.0f} s")
        seconds = time.perf_counter() - start
        if process.returncode or not output.is_file():
            last = (errors.strip() or f"ended with code {process.returncode}").splitlines()[-1]
            return Outcome(seconds=seconds, failure=last)
        entry = json.loads(output.read_text(encoding="utf-8"))
    measurements = tuple(map(Measurement.from_json, entry["measurements"]))
    return Outcome(measurements, seconds, lacking=entry["lacking"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("output", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    benchmark = importlib.import_module(f"benchmarks.{arguments.name}")
    try:
        measurements, lacking = benchmark.measure(arguments.quick), ""
    except CannotRun as reason:
        measurements, lacking = [], str(reason)
    entry = {"measurements": [measurement.to_json() for measurement in measurements], "lacking": lacking}
    arguments.output.write_text(json.dumps(entry), encoding="utf-8")


if __name__ == "__main__":
    main()
