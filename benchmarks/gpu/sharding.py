"""One step under FSDP2, ZeRO-2 and ZeRO-3 with NCCL, and a complete saved folder of each.

    python -m benchmarks.gpu.sharding --folder work --output sharding.json

Each is `hf-ablate train --accelerate_config NAME` in new processes: one, and two where there are two GPUs, whose
loss is then compared with that of one.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import torch

from benchmarks.gpu.entries import Entries, Found, add_models, part_parser
from benchmarks.gpu.material import UNIT, config_overrides, make_run_folder
from benchmarks.measurement import CannotRun, Measurement
from hf_ablate.manifest import read_manifest
from hf_ablate.run_folder import RunFolder
from hf_ablate.saved_model import load_causal_lm


BLOCKS = 16  # of a step


def train(arguments: argparse.Namespace, run_dir: Path, **options) -> float:
    """`hf-ablate train` in a process of its own; returns its seconds."""
    options = {
        "run_dir": run_dir, "model_type": "hf_olmo", "config_overrides": config_overrides(arguments.size),
        "seed_tokens": 0, "bf16": "true", "global_batch_size": BLOCKS, "per_device_train_batch_size": 4,
        "learning_rate": 1e-4, "logging_steps": 1, "use_cpu": str(arguments.device == "cpu").lower(), **options,
    }  # fmt: skip
    command = [sys.executable, "-m", "hf_ablate", "train", *(f"--{name}={value}" for name, value in options.items())]
    start = time.perf_counter()
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode:
        raise RuntimeError((process.stderr.strip() or "no message").splitlines()[-1])
    return time.perf_counter() - start


def one_step(arguments: argparse.Namespace, start: Path, config: str, processes: int) -> Found:
    """Train the component from the seed that is in the run folder `start`, in so many processes."""
    if config.startswith("zero") and not find_spec("deepspeed"):
        raise CannotRun("DeepSpeed is not installed")
    if arguments.device == "cuda" and torch.cuda.device_count() < processes:
        raise CannotRun(f"needs {processes} GPUs")
    run_dir = shutil.copytree(start, arguments.folder / f"{config}-{processes}", copy_function=os.link)
    launched = {"accelerate_config": config, "num_processes": processes, "main_process_port": 0}
    taken = train(arguments, run_dir, model=f"component:{UNIT}", **launched)
    parameters = check_complete(RunFolder(run_dir).component(UNIT))
    facts = {"s, start to end": taken, "loss": first_loss(run_dir), "parameters": parameters}
    if processes == 1:
        return Found((), facts)
    ratio = facts["loss"] / first_loss(arguments.folder / f"{config}-1")
    compared = "loss of the first step / of one process"
    return Found((Measurement(f"{config}, {processes} processes", compared, [ratio], False),), facts)


def first_loss(run_dir: Path) -> float:
    metrics = RunFolder(run_dir).component(UNIT) / "metrics.jsonl"
    return json.loads(metrics.read_text().splitlines()[0])["loss"]


def check_complete(folder: Path) -> int:
    """Load what was saved, all of it and nothing else; returns the number of parameters."""
    read_manifest(folder)
    model, others = load_causal_lm(folder)  # refuses a folder that lacks something
    if others:
        raise RuntimeError(f"{folder.name} also holds {sorted(others)}")
    if not all(torch.isfinite(parameter).all() for parameter in model.parameters()):
        raise RuntimeError(f"{folder.name} holds numbers that are not finite")
    return model.num_parameters()


def main() -> None:
    parser = part_parser(__doc__)
    add_models(parser, "to work in")
    parser.add_argument("--block", type=int, default=2048, help="tokens in a block")
    parser.add_argument("--configs", nargs="+", default=["fsdp2", "zero2", "zero3"])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    entries = Entries(arguments.output)
    start = make_run_folder(arguments.folder / "start", arguments.size, BLOCKS, arguments.block)
    train(arguments, start, model="seed")
    for processes in arguments.processes:
        for config in arguments.configs:
            name = f"{config}, {processes} process{'es' if processes > 1 else ''}"
            entries.measure(name, partial(one_step, arguments, start, config, processes))


if __name__ == "__main__":
    main()
