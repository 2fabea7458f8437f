"""Training speed: what `hf-ablate train` takes, next to a bare loop over the same batches.

    python -m benchmarks.train --steps 60 --rounds 5
    python -m benchmarks.train --device cuda --size 130m --gpu h200 --batch 16 --block 2048 --extra bf16=true
    python -m benchmarks.train --pool                    # the quickstart's models, and what each part of it takes

The two alternate in one process, so that other load on the machine affects both; the ratio is the median of the
rounds' ratios (processor time on a CPU, wall-clock time on a GPU). Both start from the same weights and see the same
blocks in the same order, and the last logged losses are printed side by side. `--extra` takes any option of `hf-ablate
train`: bf16=true, torch_compile=true, use_liger_kernel=true, attn_implementation=flash_attention_2, optim=....
"""

import argparse
import copy
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.bare_training import seconds, train_bare
from benchmarks.measurement import Measurement
from benchmarks.train_pool import measure_pool, show_pool
from hf_ablate.corpus.blocks import token_dtype, write_blocks
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.model_size import size_of
from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM
from hf_ablate.modeling.sizes import SIZES
from hf_ablate.progress import Progress
from hf_ablate.training.arguments import TrainArguments
from hf_ablate.training.data import BlockFile, OrderedBlocks
from hf_ablate.training.fit import Instruments, arguments_of, fit
from hf_ablate.training.options import make_train_parser
from hf_ablate.training.order import block_order
from hf_ablate.training.pool import PlannedModel
from hf_ablate.training.speed import Meter
from hf_ablate.training.train import cheap_garbage_collection
from hf_ablate.training.trainer_arguments import PoolTrainingArguments, trainer_arguments


SMALL = {"d_model": 128, "n_layers": 4, "n_heads": 4, "vocab_size": 2048, "embedding_size": 2048}


@dataclass(frozen=True)
class Round:
    """What both ways took for one component.

    Args:
        bare (`float`): seconds of the bare loop.
        ours (`float`): seconds of `hf-ablate train`.
        loss (`tuple[float, float]`): the last logged one, in the same order.
        logged (`dict[str, float]`): the last row of `hf-ablate train`'s metrics.
    """

    bare: float
    ours: float
    loss: tuple[float, float]
    logged: dict[str, float]

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def make_arguments(options: argparse.Namespace, folder: Path) -> TrainArguments:
    words = [
        f"--run_dir={folder}", f"--per_device_train_batch_size={options.batch}", "--learning_rate=1e-3",
        "--lr_scheduler_type=constant", "--adam_beta2=0.95", "--save_strategy=no", "--logging_steps=10",
        f"--use_cpu={options.device == 'cpu'}".lower(), *(f"--{extra}" for extra in options.extra),
        *([f"--gpu={options.gpu}"] if options.gpu else []),
    ]  # fmt: skip
    return TrainArguments.from_options(**vars(make_train_parser(TrainArguments).parse_args(words)))


def train_ours(
    model: torch.nn.Module, blocks: OrderedBlocks, args: PoolTrainingArguments, folder: Path, peak_flops: float | None
) -> list[dict]:
    """Train by `fit`; returns the rows that it logs."""
    planned = PlannedModel("component:unit", "component", Mixture.uniform(["unit"]), {"unit": len(blocks)})
    block_size = blocks.units[0].block_size
    meter = Meter(args.train_batch_size * block_size, size_of(model).flops(1, block_size), peak_flops)
    instruments = Instruments(Progress(0, "train", "token", enabled=False))
    folder.mkdir()
    fitted = fit(planned, model, blocks, arguments_of(planned, folder, "benchmark", args), meter, instruments)
    return [row for row in fitted.trainer.state.log_history if "loss" in row]


def run_rounds(options: argparse.Namespace) -> list[Round]:
    """One component again and again, each way first in turn; the first round warms up and is left out."""
    torch.manual_seed(0)
    config = HfOlmoConfig(**(SMALL if options.size == "small" else SIZES[options.size]))
    config.use_cache, config.eos_token_id, config.pad_token_id = False, 0, 0
    start = HfOlmoForCausalLM(config)
    rounds = []
    with tempfile.TemporaryDirectory() as name, cheap_garbage_collection():
        folder = Path(name)
        arguments = make_arguments(options, folder)
        args = trainer_arguments(arguments.trainer_options, {})
        blocks = _random_blocks(folder / "unit", options, config.vocab_size, args.seed)
        for number in range(options.rounds + 1):
            timed = {}
            for way in ("bare", "ours") if number % 2 else ("ours", "bare"):
                model = copy.deepcopy(start)
                began = seconds(options.device)
                if way == "bare":
                    losses = train_bare(model, blocks, args)
                else:
                    rows = train_ours(model, blocks, args, folder / str(number), arguments.throughput.peak_flops)
                timed[way] = seconds(options.device) - began
            last = rows[-1]["step"]
            loss = statistics.mean(losses[last - args.logging_steps : last])
            rounds.append(Round(timed["bare"], timed["ours"], (loss, rows[-1]["loss"]), rows[-1]))
    return rounds[1:]


def _random_blocks(folder: Path, options: argparse.Namespace, vocab_size: int, seed: int) -> OrderedBlocks:
    count = options.steps * options.batch
    numbers = np.random.default_rng(0).zipf(1.3, count * options.block)
    tokens = (numbers % vocab_size).astype(token_dtype(vocab_size))
    write_blocks(folder, "train", [tokens], count, options.block, tokens.dtype)
    unit = BlockFile(folder)
    return OrderedBlocks([unit], block_order({"unit": count}, {"unit": len(unit)}, seed))


def measure(quick: bool) -> list[Measurement]:
    """One component of 1 M parameters, and the quickstart's pool, if quick a part of it."""
    options = parser().parse_args(["--steps=24", "--rounds=3"] if quick else [])
    one = Measurement(
        "training, one component",
        "time of `hf-ablate train` / bare loop, 1 M parameters",
        [each.ratio for each in run_rounds(options)],
        more_is_better=False,
        goal=1.10,
    )
    return [one, measure_pool(quick)]


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--pool", action="store_true", help="all models of the quickstart; other options do not count")
    made.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    made.add_argument("--size", choices=["small", *sorted(SIZES)], default="small")
    made.add_argument("--batch", type=int, default=16, help="blocks per step")
    made.add_argument("--block", type=int, default=128, help="tokens per block")
    made.add_argument("--steps", type=int, default=60)
    made.add_argument("--rounds", type=int, default=5)
    made.add_argument("--gpu", help="for model FLOPs utilisation, as in `hf-ablate train --gpu`")
    made.add_argument("--extra", nargs="*", default=[], metavar="OPTION=VALUE")
    return made


def main() -> None:
    options = parser().parse_args()
    if options.pool:
        show_pool()
        return
    rounds = run_rounds(options)
    for each in rounds:
        measured = {key: round(each.logged[key], 3) for key in ("tokens_per_second", "mfu") if key in each.logged}
        print(
            f"bare {each.bare:7.2f} s  ours {each.ours:7.2f} s  ratio {each.ratio:.3f}  "
            f"loss {each.loss[0]:.4f} and {each.loss[1]:.4f}  {measured}"
        )
    ratio = statistics.median(each.ratio for each in rounds)
    print(f"ours takes {ratio:.3f} of the bare loop's time (median of {len(rounds)} rounds)")


if __name__ == "__main__":
    main()
