"""Training of one component as `hf-ablate train` does it: tokens/s and model FLOPs utilisation, by its GPU options.

    python -m benchmarks.gpu.train --size 130m --goal 0.45 --output train.json

Every combination trains the same component from the same seed with bf16; the first log line, in which a model is
compiled, is left out. `--fastest_of FILE` tries only the combination that was the fastest in the file of another run,
`--only NAME` those named. Liger has no kernels for the seeds' architecture: `--model_type llama` shows what they do.
"""

import argparse
import itertools
import json
import shutil
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from benchmarks.gpu.device import free, gpu_name, peak_gigabytes
from benchmarks.gpu.entries import Entries, Found, add_models, part_parser
from benchmarks.gpu.material import UNIT, config_overrides, make_run_folder
from benchmarks.measurement import CannotRun, Measurement
from hf_ablate.run_folder import RunFolder
from hf_ablate.training.arguments import TrainArguments
from hf_ablate.training.train import run


LOGGED = 10  # steps of a log line, which is a round


@dataclass(frozen=True)
class Combination:
    """Options of `hf-ablate train` that change the speed and not what is learnt."""

    attention: str
    liger: bool
    compiled: bool

    @property
    def name(self) -> str:
        parts = [self.attention.removesuffix("_attention_2"), self.liger and "Liger", self.compiled and "compiled"]
        return ", ".join(filter(None, parts))

    def check(self, model_type: str) -> None:
        """Raise `CannotRun` for what is not here, or would change nothing and not say so."""
        from transformers.utils import is_flash_attn_2_available, is_liger_kernel_available

        if self.attention == "flash_attention_2" and not is_flash_attn_2_available():
            raise CannotRun("flash-attn is not installed")
        if self.liger:
            if not is_liger_kernel_available():
                raise CannotRun("liger-kernel is not installed")
            from liger_kernel.transformers.monkey_patch import MODEL_TYPE_TO_APPLY_LIGER_FN

            if model_type not in MODEL_TYPE_TO_APPLY_LIGER_FN:
                raise CannotRun(f"Liger has no kernels for {model_type}")
        if self.compiled and not shutil.which("gcc"):
            raise CannotRun("torch.compile needs gcc")


def combinations() -> Iterator[Combination]:
    """Compiled ones last: they take longest, and transformers leaves that option in the environment."""
    for compiled, attention, liger in itertools.product((False, True), ("sdpa", "flash_attention_2"), (False, True)):
        yield Combination(attention, liger, compiled)


def train_component(arguments: argparse.Namespace, folder: Path, combination: Combination) -> Found:
    """Train the component again, and read the speed from what is logged."""
    combination.check(arguments.model_type)
    shutil.rmtree(RunFolder(folder).component(UNIT), ignore_errors=True)
    free(arguments.device)
    torch.compiler.reset()
    options = {
        "attn_implementation": combination.attention, "use_liger_kernel": combination.liger,
        "torch_compile": combination.compiled,
    }  # fmt: skip
    run(train_arguments(arguments, folder, f"component:{UNIT}", **options))
    metrics = RunFolder(folder).component(UNIT) / "metrics.jsonl"
    rows = [row for row in map(json.loads, metrics.read_text().splitlines()) if "loss" in row][1:]
    facts = {
        "tokens/s": statistics.median(row["tokens_per_second"] for row in rows),
        **peak_gigabytes(arguments.device),
    }
    shares = [row["mfu"] for row in rows if "mfu" in row]
    name = entry_name(arguments, combination)
    measured = Measurement(name, "model FLOPs utilisation", shares, True, arguments.goal) if shares else None
    return Found((measured,) if measured else (), facts)


def train_arguments(arguments: argparse.Namespace, folder: Path, model: str, **options) -> TrainArguments:
    return TrainArguments.from_options(
        run_dir=folder, model=model, model_type=arguments.model_type,
        config_overrides=config_overrides(arguments.size, arguments.model_type),
        seed_tokens=0, use_cpu=arguments.device == "cpu", bf16=True, gpu=gpu_name(arguments.device),
        peak_tflops=arguments.peak_tflops, per_device_train_batch_size=arguments.batch, learning_rate=1e-4,
        lr_scheduler_type="constant", logging_steps=LOGGED, save_strategy="no", **options,
    )  # fmt: skip


def entry_name(arguments: argparse.Namespace, combination: Combination) -> str:
    model = arguments.size if arguments.model_type == "hf_olmo" else f"{arguments.size} {arguments.model_type}"
    return f"training {model}, {combination.name}"


def fastest(path: Path) -> str:
    """The name of the combination, of those that are in another run's file; sdpa where there is none."""
    entries = json.loads(path.read_text()) if path.is_file() else {}
    rates = {name: entry["facts"]["tokens/s"] for name, entry in entries.items() if "facts" in entry}
    return max(rates, key=rates.get, default="training, sdpa").partition(", ")[2]


def main() -> None:
    parser = part_parser(__doc__)
    add_models(parser, "to work in")
    parser.add_argument("--batch", type=int, default=16, help="blocks in a step")
    parser.add_argument("--block", type=int, default=2048, help="tokens in a block")
    parser.add_argument("--steps", type=int, default=40, help=f"after the first {LOGGED}")
    parser.add_argument("--goal", type=float, help="model FLOPs utilisation that is asked for")
    parser.add_argument("--peak_tflops", type=float, help="of a device that `hf-ablate train --gpu` does not know")
    parser.add_argument("--fastest_of", type=Path)
    parser.add_argument("--only", nargs="+", metavar="NAME", help='combinations, such as "sdpa, compiled"')
    parser.add_argument("--model_type", default="hf_olmo", choices=["hf_olmo", "llama"])
    arguments = parser.parse_args()
    folder = make_run_folder(
        arguments.folder, arguments.size, (arguments.steps + LOGGED) * arguments.batch, arguments.block
    )
    run(train_arguments(arguments, folder, "seed"))
    entries = Entries(arguments.output)
    only = [fastest(arguments.fastest_of)] if arguments.fastest_of else arguments.only
    for combination in combinations():
        if only is None or combination.name in only:
            name = entry_name(arguments, combination)
            entries.measure(name, partial(train_component, arguments, folder, combination))


if __name__ == "__main__":
    main()
