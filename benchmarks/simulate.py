"""The bookkeeping of the paper's full study, run for real with models of a few thousand parameters.

    python -m benchmarks.simulate                                        # 139 units, 10,000 mixtures, 139 domains
    python -m benchmarks.simulate --units 60 --mixtures 2000
    python -m benchmarks.simulate --quick                                # 20 units, 300 mixtures: under a minute

Every step is the real command in a process of its own. What is not measured is made up (`simulated_study.py`): the
text, the models, which `hf-ablate adopt` takes in, and most scores. `--scored` merges and averages of probabilities
are scored by `hf-ablate evaluate` into a folder of their own; score rows of all models come from a smooth function of
the mixture and noise, through the package's own writer, and `hf-ablate evaluate` then finds that nothing is missing.
There are as many domains as units, one held out from each.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.simulated_study import BLOCK, MODELS, TEXT, VOCABULARY


SIZES = (2, 4, 8, 16, 32, 64)  # units in a mixture; a last part of the mixtures has all units, in random shares
COMMAND = (sys.executable, "-m", "hf_ablate")
FULL, SMALL = (139, 10_000, 30, 200), (20, 300, 14, 10)  # units, mixtures, references, scored
MADE_UP = (sys.executable, "-m", "benchmarks.simulated_study")


@dataclass(frozen=True)
class Step:
    """What a step took.

    Args:
        name (`str`): of the step.
        seconds (`float`): of wall time.
        processor_seconds (`float`): of the process and its own.
        peak_bytes (`int`): the most memory that the process, or one of its own, held.
        written_bytes (`int`): by which the run folder grew.
    """

    name: str
    seconds: float
    processor_seconds: float
    peak_bytes: int
    written_bytes: int


def simulate(run_dir: Path, units: int, mixtures: int, references: int, scored: int) -> Iterator[Step]:
    """Every step of a study, in order.

    Args:
        run_dir (`Path`): an empty folder.
        units (`int`): of the corpus, each with a domain.
        mixtures (`int`): that are enumerated, or a few less.
        references (`int`): how many of them have a reference model.
        scored (`int`): how many of them are scored for real.
    """
    study = ("--run_dir", str(run_dir))
    yield measured("text (made up)", run_dir, *MADE_UP, "text", str(run_dir), "--units", str(units))
    yield measured(
        "partition", run_dir, *COMMAND, "partition", *study, "--source", "jsonl", "--roots", str(run_dir / TEXT),
        "--partition_by", "unit", "--seed_partitions", "seed", "--unit_tokens", str(16 * BLOCK), "--block_size",
        str(BLOCK), "--vocab_size", str(VOCABULARY), "--split_field", "split",
    )  # fmt: skip
    sizes = [str(size) for size in SIZES if size < units]
    samples = max(1, (mixtures - units) // (len(sizes) + 1))
    yield measured(
        "enumerate", run_dir, *COMMAND, "enumerate", *study, "--methods", "subsets", "random", "dirichlet",
        "--max_units", "1", "--sizes", *sizes, "--samples", str(samples), "--num_references", str(references),
    )  # fmt: skip
    yield measured(
        "train --dry_run", run_dir, *COMMAND, "train", *study, "--dry_run", "--model_type", "llama",
        "--config_overrides", "hidden_size=8,intermediate_size=16,num_hidden_layers=1,num_attention_heads=1",
    )  # fmt: skip
    yield measured("models (made up)", run_dir, *MADE_UP, "models", str(run_dir))
    yield measured("adopt", run_dir, *COMMAND, "adopt", str(run_dir), *_models(run_dir))
    yield measured(
        "train --dry_run, trained", run_dir, *COMMAND, "train", *study, "--dry_run", "--model_type", "llama"
    )
    ids = [row["id"] for row in _mixtures(run_dir)]
    chosen = ids[units :: max(1, (len(ids) - units) // scored)][:scored]
    yield measured(
        f"evaluate, {len(chosen)} mixtures", run_dir, *COMMAND, "evaluate", *study, "--mixture", *chosen,
        "--output_dir", str(run_dir / "really_scored"),
    )  # fmt: skip
    yield measured("evaluate --dry_run, all", run_dir, *COMMAND, "evaluate", *study, "--dry_run")
    yield measured("scores (made up)", run_dir, *MADE_UP, "scores", str(run_dir))
    for name in ("evaluate, all", "evaluate, finished"):
        yield measured(name, run_dir, *COMMAND, "evaluate", *study)
    for name in ("rank", "rank, finished"):
        yield measured(name, run_dir, *COMMAND, "rank", *study)
    for name in ("report", "report, finished"):
        yield measured(name, run_dir, *COMMAND, "report", *study)


def measure(quick: bool) -> list[Measurement]:
    """A small study if quick, else the paper's."""
    with tempfile.TemporaryDirectory() as folder:
        steps = list(simulate(Path(folder) / "study", *(SMALL if quick else FULL)))
    size = "20 units, 300 mixtures" if quick else "139 units, 10,000 mixtures"
    seconds = sum(step.seconds for step in steps if step.name in ("rank", "report"))
    peak = max(step.peak_bytes for step in steps)
    return [
        Measurement(
            "simulate, rank and report", f"{size}: wall seconds / 60 s", (seconds / 60,), more_is_better=False, goal=1
        ),
        Measurement(
            "simulate, memory", f"{size}: most memory of a step / 3 GB", (peak / 3e9,), more_is_better=False, goal=1
        ),
    ]


def measured(name: str, run_dir: Path, *command: str) -> Step:
    """A step, which must succeed."""
    before, start = _size(run_dir), time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode:
            output.seek(0)
            sys.exit(f"{name} failed:\n{output.read()[-5000:].decode()}")
    step = Step(name, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, _size(run_dir) - before)
    print(_line(step), file=sys.stderr, flush=True)
    return step


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _mixtures(run_dir: Path) -> list[dict]:
    with open(run_dir / "mixtures" / "mixtures.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _models(run_dir: Path) -> list[str]:
    """The options of `hf-ablate adopt` that name all models."""
    folder = run_dir / MODELS
    references = [row for row in _mixtures(run_dir) if row["reference"]]
    named = [("--reference", f"{json.dumps(row['weights'])}={folder / row['id']}") for row in references]
    return ["--seed", str(folder / "seed"), "--component", f"{{unit}}={folder}/{{unit}}", *sum(named, ())]


_HEADER = f"{'step':28s}{'s':>9s}{'processor s':>13s}{'peak MB':>9s}{'MB written':>12s}"


def _line(step: Step) -> str:
    return (
        f"{step.name:28s}{step.seconds:9.1f}{step.processor_seconds:13.1f}{step.peak_bytes / 1e6:9.0f}"
        f"{step.written_bytes / 1e6:12.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=FULL[0], help="each has a domain in the evaluation text")
    parser.add_argument("--mixtures", type=int, default=FULL[1])
    parser.add_argument("--references", type=int, default=FULL[2])
    parser.add_argument("--scored", type=int, default=FULL[3], help="mixtures that are scored for real")
    parser.add_argument("--quick", action="store_true", help="20 units, 300 mixtures, 14 references, 10 scored")
    parser.add_argument("--run-dir", type=Path, help="kept; must be empty. Default: a temporary one")
    parser.add_argument("--output-format", choices=("table", "json"), default="table")
    arguments = parser.parse_args()
    sizes = (arguments.units, arguments.mixtures, arguments.references, arguments.scored)
    if arguments.quick:
        sizes = SMALL
    with tempfile.TemporaryDirectory() as folder:
        print(_HEADER, file=sys.stderr)
        steps = list(simulate(arguments.run_dir or Path(folder) / "study", *sizes))
    if arguments.output_format == "json":
        print(json.dumps([asdict(step) for step in steps], indent=2))
    else:
        print("\n".join([_HEADER, *map(_line, steps)]))


if __name__ == "__main__":
    main()
