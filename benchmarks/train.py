"""Training speed: one component as `hf-ablate train` trains it, next to a bare loop over the same batches.

    python -m benchmarks.train --steps 60 --rounds 5
    python -m benchmarks.train --device cuda --size 130m --gpu h200 --batch 16 --block 2048 --extra bf16=true

The two alternate in one process, so that other load on the machine affects both; the ratio is the median of the
rounds' ratios (processor time on a CPU, wall-clock time on a GPU). Both start from the same weights and see the same
blocks in the same order, and the last logged losses are printed side by side. `--extra` takes any option of `hf-ablate
train`: bf16=true, torch_compile=true, use_liger_kernel=true, attn_implementation=flash_attention_2, optim=....
"""

import argparse
import copy
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from hf_ablate.corpus.blocks import token_dtype, write_blocks
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM
from hf_ablate.modeling.sizes import SIZES
from hf_ablate.training.arguments import TrainArguments
from hf_ablate.training.callbacks import PoolProgress
from hf_ablate.training.cost import model_size
from hf_ablate.training.data import BlockFile, OrderedBlocks
from hf_ablate.training.fit import Instruments, arguments_of, fit
from hf_ablate.training.options import make_train_parser
from hf_ablate.training.order import block_order
from hf_ablate.training.pool import PlannedModel
from hf_ablate.training.speed import Meter
from hf_ablate.training.train import cheap_garbage_collection
from hf_ablate.training.trainer_arguments import PoolTrainingArguments, trainer_arguments


SMALL = {"d_model": 128, "n_layers": 4, "n_heads": 4, "vocab_size": 2048, "embedding_size": 2048}


def make_arguments(options: argparse.Namespace, folder: Path) -> TrainArguments:
    words = [
        f"--run_dir={folder}", f"--per_device_train_batch_size={options.batch}", "--learning_rate=1e-3",
        "--lr_scheduler_type=constant", "--adam_beta2=0.95", "--save_strategy=no", "--logging_steps=10",
        f"--use_cpu={options.device == 'cpu'}".lower(), *(f"--{extra}" for extra in options.extra),
        *([f"--gpu={options.gpu}"] if options.gpu else []),
    ]  # fmt: skip
    return TrainArguments.from_options(**vars(make_train_parser(TrainArguments).parse_args(words)))


def ours(
    model: torch.nn.Module, blocks: OrderedBlocks, args: PoolTrainingArguments, folder: Path, peak_flops: float | None
) -> list[dict]:
    """Train by `fit`; returns the rows that it logs."""
    planned = PlannedModel("component:unit", "component", Mixture.uniform(["unit"]), {"unit": len(blocks)})
    block_size = blocks.units[0].block_size
    meter = Meter(args.train_batch_size * block_size, model_size(model).flops(1, block_size), peak_flops)
    instruments = Instruments(PoolProgress(0, enabled=False))
    fitted = fit(planned, model, blocks, arguments_of(planned, folder, "benchmark", args), meter, instruments)
    return [row for row in fitted.trainer.state.log_history if "loss" in row]


def bare(model: torch.nn.Module, blocks: OrderedBlocks, args: PoolTrainingArguments) -> list[float]:
    """The least that training takes; returns the loss of every step."""
    batch_size = args.train_batch_size
    model.to(args.device).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=args.learning_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True
    )
    losses = []
    for start in range(0, len(blocks), batch_size):
        batch = blocks.__getitems__(list(range(start, start + batch_size)))
        input_ids = torch.from_numpy(batch.astype(np.int64)).to(args.device, non_blocking=True)
        with torch.autocast(args.device.type, torch.bfloat16, enabled=args.bf16):
            loss = model(input_ids=input_ids, labels=input_ids, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.detach())
    return torch.stack(losses).tolist()


def seconds(device: str) -> float:
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--size", choices=["small", *sorted(SIZES)], default="small")
    parser.add_argument("--batch", type=int, default=16, help="blocks per step")
    parser.add_argument("--block", type=int, default=128, help="tokens per block")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gpu", help="for model FLOPs utilisation, as in `hf-ablate train --gpu`")
    parser.add_argument("--extra", nargs="*", default=[], metavar="OPTION=VALUE")
    options = parser.parse_args()
    torch.manual_seed(0)
    config = HfOlmoConfig(**(SMALL if options.size == "small" else SIZES[options.size]))
    config.use_cache, config.eos_token_id, config.pad_token_id = False, 0, 0
    start = HfOlmoForCausalLM(config)
    ratios = []
    with tempfile.TemporaryDirectory() as name, cheap_garbage_collection():
        folder = Path(name)
        arguments = make_arguments(options, folder)
        args = trainer_arguments(arguments.trainer_options, {})
        numbers = np.random.default_rng(0).zipf(1.3, options.steps * options.batch * options.block)
        tokens = (numbers % config.vocab_size).astype(token_dtype(config.vocab_size))
        write_blocks(folder / "unit", "train", [tokens], options.steps * options.batch, options.block, tokens.dtype)
        rows_of_unit = BlockFile(folder / "unit")
        order = block_order({"unit": options.steps * options.batch}, {"unit": len(rows_of_unit)}, args.seed)
        blocks = OrderedBlocks([rows_of_unit], order)
        for number in range(options.rounds + 1):  # the first round warms up
            timed = {}
            for name in ("bare", "ours") if number % 2 else ("ours", "bare"):
                model = copy.deepcopy(start)
                began = seconds(options.device)
                if name == "bare":
                    losses = bare(model, blocks, args)
                else:
                    rows = ours(model, blocks, args, folder / str(number), arguments.throughput.peak_flops)
                timed[name] = seconds(options.device) - began
            if number:
                ratios.append(timed["ours"] / timed["bare"])
                last = rows[-1]["step"]
                loss = statistics.mean(losses[last - args.logging_steps : last])
                measured = {key: round(rows[-1][key], 3) for key in ("tokens_per_second", "mfu") if key in rows[-1]}
                print(
                    f"bare {timed['bare']:7.2f} s  ours {timed['ours']:7.2f} s  ratio {ratios[-1]:.3f}  "
                    f"loss {loss:.4f} and {rows[-1]['loss']:.4f}  {measured}"
                )
    print(f"ours takes {statistics.median(ratios):.3f} of the bare loop's time (median of {len(ratios)} rounds)")


if __name__ == "__main__":
    main()
