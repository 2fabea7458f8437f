"""Commands that find nothing to do: `evaluate`, `rank` and `report` of a finished study, and its whole `run`.

    python -m benchmarks.startup --study runs/quickstart --recipe recipes/quickstart
    python -m benchmarks.startup --study runs/quickstart --rounds 9

Every command runs in a process of its own, on a copy of the run folder, one command after the other in every round.
A goal is in seconds of the clock, and so are the numbers; processor time is beside them, which other work on the
machine changes less.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measurement import CannotRun, Measurement


GOALS = {"evaluate": 3.0, "rank": 3.0, "report": 3.0, "run": 6.0}  # seconds on two cores
STUDY, RECIPE = Path("runs/quickstart"), Path("recipes/quickstart")


def measured(study: Path, recipe: Path, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Command → seconds of the clock and of the processor in every round.

    Args:
        study (`Path`): a run folder that is finished.
        recipe (`Path`): what it was made by.
        rounds (`int`): how often each command is run, after a first time, which does what this version does anew.

    Raises:
        `CannotRun`: if the run folder does not exist or is not finished.
    """
    if not (study / "report" / "manifest.json").is_file():
        raise CannotRun(f"{study} is not a finished study; make it with `hf-ablate run {recipe}`")
    found: dict[str, list[tuple[float, float]]] = {command: [] for command in GOALS}
    with tempfile.TemporaryDirectory() as folder:
        run_dir = shutil.copytree(study, Path(folder) / "study", symlinks=True)
        for number in range(rounds + 1):
            for command, times in found.items():
                seconds, output = _run(command, recipe, run_dir)
                if number and command != "run" and "unchanged" not in output:  # a run names its stages alone
                    raise CannotRun(f"hf-ablate {command} finds something to do, time and again: {output}")
                times += [seconds] if number else []
    return found


def _run(command: str, recipe: Path, run_dir: Path) -> tuple[tuple[float, float], str]:
    """Seconds of the clock and of the processor, and what the command wrote to stderr."""
    source = [str(recipe)] if command == "run" else ["--config", str(recipe / f"{command}.yaml")]
    words = [sys.executable, "-m", "hf_ablate", command, *source, "--run_dir", str(run_dir)]
    before, started = _of_children(), time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True)
    clock = time.perf_counter() - started
    if done.returncode:
        raise CannotRun(f"hf-ablate {command}: {(done.stderr.strip() or 'failed').splitlines()[-1]}")
    return (clock, _of_children() - before), done.stderr.strip()


def _of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(quick: bool) -> list[Measurement]:
    return [
        Measurement(
            f"{command} with nothing to do", f"seconds / {GOALS[command]:g}, the goal", [clock / GOALS[command]
            for clock, _ in times], False, goal=1.0,
        )
        for command, times in measured(STUDY, RECIPE, 3 if quick else 5).items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", type=Path, default=STUDY, help="the run folder of a finished study")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="the recipes that it was made by")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    try:
        found = measured(arguments.study, arguments.recipe, arguments.rounds)
    except CannotRun as reason:
        parser.error(str(reason))
    print(f"{arguments.rounds} rounds, load of the last minute {os.getloadavg()[0]:.1f}\n")
    print("                seconds   lowest  highest  processor  goal")
    for command, times in found.items():
        clock, processor = zip(*times, strict=True)
        print(
            f"{command:14s}{statistics.median(clock):9.2f}{min(clock):9.2f}{max(clock):9.2f}"
            f"{statistics.median(processor):11.2f}{GOALS[command]:6.0f}"
        )


if __name__ == "__main__":
    main()
