"""All benchmarks: one table of what they claim, beside what was measured last.

    python -m benchmarks.all --quick                    # small ones, at most ten minutes on two quiet cores
    python -m benchmarks.all --quick --only scoring sweep
    python -m benchmarks.all --quick --write            # into results.json and the table of benchmarks/README.md

Every benchmark runs in a process of its own. One that lacks something here (RegMix's tables, a GPU) says so, and what
was measured of it before stays. A measurement all of whose rounds are worse than all rounds of the committed one is
named, and the exit code is 1.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.one import Outcome, run_benchmark
from benchmarks.origin import Origin
from benchmarks.results import (
    FILE,
    README,
    Result,
    compare,
    measurements_of,
    read_results,
    shown,
    shown_goal,
    shown_spread,
    write_results,
    write_table,
)
from hf_ablate.text_table import text_table


# All modules here that claim a ratio.
BENCHMARKS = tuple(
    path.stem
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if "\ndef measure(quick: bool) -> list[Measurement]:\n" in path.read_text(encoding="utf-8")
)
TIME_LIMIT = {True: 600.0, False: 3600.0}  # of one benchmark, quick or not, in seconds
HEADERS = ["measurement", "median", "rounds", "goal", "committed", "what is compared"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small benchmarks")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS, metavar="NAME")
    parser.add_argument("--write", action="store_true", help="make these the committed results")
    arguments = parser.parse_args()
    origin, committed = Origin.here(arguments.quick), read_results(FILE)
    outcomes = {}
    for name in arguments.only:
        outcomes[name] = run_benchmark(name, arguments.quick, TIME_LIMIT[arguments.quick])
        print(f"{name}: {outcomes[name].seconds:.0f} s", file=sys.stderr)
    print(f"{origin}\n\n{table(outcomes, comparable(committed, origin))}")
    if arguments.write:
        results = updated(committed, outcomes, origin)
        write_results(results, FILE)
        write_table(results, README)
    return conclude(outcomes, comparable(committed, origin))


def comparable(committed: Mapping[str, Result], origin: Origin) -> dict[str, Measurement]:
    """Name → the committed measurement, of benchmarks of the same size."""
    results = {name: result for name, result in committed.items() if result.origin.quick == origin.quick}
    return {measurement.name: measurement for measurement in measurements_of(results)}


def table(outcomes: Mapping[str, Outcome], committed: Mapping[str, Measurement]) -> str:
    rows: list[Sequence[str]] = []
    for name, outcome in outcomes.items():
        if reason := outcome.failure or outcome.lacking:
            rows.append([name, *[""] * 4, f"{'failed' if outcome.failure else 'cannot run here'}: {reason}"])
        for now in outcome.measurements:
            before = committed.get(now.name)
            beside = f"{shown(before.median)} {compare(now, before)}".rstrip() if before else "new"
            rows.append([now.name, shown(now.median), shown_spread(now), shown_goal(now), beside, now.compared])
    return text_table(HEADERS, rows, left=(0, 5))


def updated(committed: Mapping[str, Result], outcomes: Mapping[str, Outcome], origin: Origin) -> dict[str, Result]:
    """The committed results with those that were measured now in their place."""
    measured = {
        name: Result(origin, outcome.measurements) for name, outcome in outcomes.items() if outcome.measurements
    }
    results = {name: measured.get(name) or committed.get(name) for name in BENCHMARKS}
    return {name: result for name, result in results.items() if result}


def conclude(outcomes: Mapping[str, Outcome], committed: Mapping[str, Measurement]) -> int:
    """Name what changed beyond the spread; returns the exit code."""
    failed = [name for name, outcome in outcomes.items() if outcome.failure]
    changed: dict[str, list[str]] = {"regression": [], "improvement": []}
    for outcome in outcomes.values():
        for now in outcome.measurements:
            before = committed.get(now.name)
            if before and (change := compare(now, before)):
                changed[change].append(f"{now.name}: {shown(now.median)} instead of {shown(before.median)}")
    for change, lines in changed.items():
        for line in lines:
            print(f"{change}: {line}")
    for name in failed:
        print(f"failed: {name}: {outcomes[name].failure}")
    return int(bool(changed["regression"] or failed))


if __name__ == "__main__":
    sys.exit(main())
