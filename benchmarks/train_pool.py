"""What the quickstart's models take to train, by part, next to the bare steps of the same models.

`hf-ablate train` runs as a user runs it, on the quickstart's corpus. Before or after each of its models, in turn, the
bare loop trains the same model. Processor time.
"""

import statistics
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from unittest.mock import patch

from accelerate.optimizer import AcceleratedOptimizer
from accelerate.scheduler import AcceleratedScheduler
from transformers import Trainer
from transformers.trainer_callback import CallbackHandler

from benchmarks.bare_training import train_bare
from benchmarks.measurement import Measurement
from benchmarks.parts import Parts
from hf_ablate.cli import main as hf_ablate
from hf_ablate.saved_model import model_tensors, open_tensors
from hf_ablate.training import fit, model
from hf_ablate.training.trainer import PoolTrainer


_UNITS = ("pandas", "scipy", "sympy", "torch", "transformers")
_PARTS = {
    "forward and backward passes": [(Trainer, "training_step")],
    "clipping, optimizer, schedule": [
        (Trainer, "_clip_grad_norm"), (AcceleratedOptimizer, "step"), (AcceleratedOptimizer, "zero_grad"),
        (AcceleratedScheduler, "step"),
    ],
    "batches": [(model, "BlockFile"), (model, "block_order"), (Trainer, "get_batch_samples")],
    "logging and callbacks": [(CallbackHandler, "call_event"), (PoolTrainer, "_maybe_log_save_evaluate")],
    "counting operations": [(Trainer, "floating_point_ops")],
    "starting weights": [(model, "_starting_model")],
    "making the Trainer": [(PoolTrainer, "__init__"), (Trainer, "create_optimizer_and_scheduler")],
    "saving": [(model, "_save"), (model, "copy_tokenizer"), (fit, "all_finite")],
    "manifest and digests": [
        (model, name) for name in ("identity", "is_made", "prepare_folder", "weights_digest", "write_manifest")
    ],
}  # fmt: skip
_REST = "everything else of a model"


@dataclass(frozen=True)
class Timed:
    """A model of the pool, trained both ways.

    Args:
        model (`str`): its id.
        ours (`float`): seconds of `hf-ablate train`, from starting weights to a finished folder.
        bare (`float`): seconds of its steps alone.
        difference (`float`): the largest between their weights.
    """

    model: str
    ours: float
    bare: float
    difference: float

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


@dataclass(frozen=True)
class Pool:
    """All models, and where the time goes.

    Args:
        models (`list[Timed]`): in the order of training.
        parts (`dict[str, float]`): seconds by part, over all models.
        command (`float`): seconds of the command besides its models: the plan and checks, without imports.
    """

    models: list[Timed]
    parts: dict[str, float]
    command: float


def run_pool(quick: bool) -> Pool:
    """Train the quickstart's 20 models; if quick, a seed of 16 steps and two components."""
    units, seed_words = (_UNITS[:2], ["--seed_tokens", "32768"]) if quick else (_UNITS, [])
    timed, parts, outside = [], Parts(), 0.0
    train_model = model.train_model

    def train_both_ways(planned, inputs, args, adapter, instruments):
        nonlocal outside
        entered = time.process_time()
        bare_model = model._starting_model(planned, inputs, args, adapter)
        files = {name: model.BlockFile(model._blocks_folder(inputs, planned, name)) for name in planned.shares}
        blocks = model._ordered(planned, files, args.seed)
        seconds = {}
        for way in ("ours", "bare") if len(timed) % 2 else ("bare", "ours"):
            began = time.process_time()
            if way == "bare":
                train_bare(bare_model, blocks, args)
            else:
                with parts.measuring(_PARTS), parts.timed(_REST):
                    train_model(planned, inputs, args, adapter, instruments)
            seconds[way] = time.process_time() - began
        saved, bare = open_tensors(inputs.run.model(planned.id)), model_tensors(bare_model)
        difference = max((saved[name] - bare[name]).abs().max().item() for name in saved)
        timed.append(Timed(planned.id, **seconds, difference=difference))
        outside += time.process_time() - entered
        return True

    with tempfile.TemporaryDirectory() as folder:
        _run("partition", folder, "--units", *units)
        if not quick:
            _run("enumerate", folder)
        began = time.process_time()
        with patch.object(model, "train_model", train_both_ways):
            _run("train", folder, *seed_words)
        whole = time.process_time() - began
    return Pool(timed, dict(parts.seconds), whole - outside)


def _run(command: str, folder: str, *words: str) -> None:
    with redirect_stdout(StringIO()):
        code = hf_ablate([command, "--config", f"quickstart/{command}.yaml", "--run_dir", folder, *words])
    if code:
        raise SystemExit(code)


def measure_pool(quick: bool) -> Measurement:
    """How long models take beside their bare steps; a ratio a model."""
    return Measurement(
        "training, the quickstart's models",
        "time of `hf-ablate train` / bare steps, a model of 1 M parameters",
        [each.ratio for each in run_pool(quick).models],
        more_is_better=False,
        goal=1.10,
    )


def show_pool() -> None:
    """Print the parts of the time, and the ratio."""
    imports = time.process_time()
    pool = run_pool(quick=False)
    ours, bare = sum(each.ours for each in pool.models), sum(each.bare for each in pool.models)
    print(f"imports, once: {imports:.1f} s;  plan and checks, once: {pool.command:.1f} s")
    print(f"{len(pool.models)} models: {ours:.1f} s, of which")
    for part, seconds in sorted(pool.parts.items(), key=lambda entry: -entry[1]):
        print(f"  {part:30s} {seconds:8.2f} s  {seconds / ours:6.1%}")
    print(
        f"bare steps of the same models: {bare:.1f} s; weights differ by {max(m.difference for m in pool.models):.1g}"
    )
    ratios = [each.ratio for each in pool.models]
    print(
        f"a model takes {statistics.median(ratios):.3f} of its bare steps' time (median of {len(ratios)}; "
        f"{min(ratios):.3f} to {max(ratios):.3f}), all models {ours / bare:.3f}"
    )
