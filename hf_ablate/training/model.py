"""One model of the pool, from its starting weights to its finished folder."""

import logging
import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import PreTrainedModel

from ..corpus.description import CorpusDescription
from ..manifest import fingerprint, is_finished, make_readable, write_manifest
from ..saved_model import ADAPTER, weights_digest
from .adapter import save_folded, with_adapter
from .arguments import TrainArguments
from .callbacks import METRICS, PoolProgress
from .checkpoints import prepare_folder, remove_checkpoints
from .cost import ModelSize, model_size
from .data import BlockFile
from .devices import made_whole, renew_deepspeed
from .fit import Fitted, fit
from .identity import identity
from .pool import PlannedModel
from .seed import check_fits, empty_model, load_model, make_seed
from .speed import Meter
from .trackers import own_run
from .trainer import PoolTrainer
from .whole import whole_state_dict


if TYPE_CHECKING:
    from peft import PeftModel

    from .held_out import HeldOutText


logger = logging.getLogger(__name__)


def train_model(
    planned: PlannedModel,
    corpus: CorpusDescription,
    arguments: TrainArguments,
    held_out: "HeldOutText | None",
    progress: PoolProgress,
) -> None:
    """Train a model and finish its folder; does nothing when it is made already. All processes call this together."""
    state = arguments.distributed_state
    folder = planned.folder(arguments.run_dir)
    values, inputs = identity(planned, corpus, arguments)
    mark = fingerprint("train", values, inputs)
    is_there = is_finished(folder, mark)
    state.wait_for_everyone()
    if is_there:
        progress.advance(planned.blocks * corpus.block_size)
        return
    renew_deepspeed(arguments)
    model = _starting_model(planned, corpus, arguments)  # before what is to be replaced is removed
    if state.is_main_process:
        prepare_folder(folder, mark)
    state.wait_for_everyone()
    size = model_size(model)
    sources = {name: BlockFile(_blocks_folder(arguments.run_dir, planned, name)) for name in planned.shares}
    fitted = None
    if planned.blocks:
        meter = Meter(
            arguments.blocks_per_step * corpus.block_size,
            size.flops(1, corpus.block_size),
            arguments.peak_flops and arguments.peak_flops * arguments.world_size,
        )
        with own_run(arguments):
            fitted = fit(planned, model, sources, folder, arguments, meter, held_out, progress)
        _save(fitted.trainer, folder, arguments, planned.kind)
    elif state.is_main_process:
        model.save_pretrained(folder)
        (folder / METRICS).write_text("", encoding="utf-8")
    state.wait_for_everyone()
    if state.is_main_process:
        for path in [*folder.glob("*.safetensors"), *folder.glob(f"{ADAPTER}/*.safetensors")]:
            make_readable(path)  # safetensors leaves it to its owner alone
        shutil.copytree(arguments.tokenizer_dir, folder, dirs_exist_ok=True)
        facts = (
            {"seed_digest": inputs.get("seed")} | _facts(planned, corpus, arguments, size, sources) | _measured(fitted)
        )
        write_manifest(folder, "train", values, inputs, digest=weights_digest(folder), **facts)
        if not arguments.keep_checkpoints:
            remove_checkpoints(folder)
    state.wait_for_everyone()


def _starting_model(planned: PlannedModel, corpus: CorpusDescription, arguments: TrainArguments) -> PreTrainedModel:
    if planned.kind == "seed":
        model = make_seed(arguments, corpus)
    else:
        model = load_model(arguments.run_dir / "models" / "seed", arguments)
    check_fits(model.config, corpus)
    return with_adapter(model, arguments) if arguments.has_adapter(planned.kind) else model


def _save(trainer: PoolTrainer, folder: Path, arguments: TrainArguments, kind: str) -> None:
    """One complete safetensors folder, whatever the processes hold of the model."""
    model, saves = trainer.bare_model, arguments.distributed_state.is_main_process
    weights = whole_state_dict(model, keep=saves)
    if not saves:
        return
    if arguments.has_adapter(kind):
        save_folded(model if weights is None else _with_adapter_weights(weights, arguments), folder)
    else:
        (model if weights is None else _plain_model(model, arguments)).save_pretrained(folder, state_dict=weights)


def _plain_model(model: PreTrainedModel, arguments: TrainArguments) -> PreTrainedModel:
    """A model in float32 to save a state dict with.

    FSDP2 makes a class of its own of the model's class, and its code would be saved with a model that brings its code.
    """
    plain = empty_model(model.config, arguments, dtype=torch.float32)
    plain.generation_config = model.generation_config
    return plain


def _with_adapter_weights(weights: dict[str, torch.Tensor], arguments: TrainArguments) -> "PeftModel":
    """The seed as it is on the disk, with the trained factors."""
    with made_whole(arguments):
        model = with_adapter(load_model(arguments.run_dir / "models" / "seed", arguments), arguments)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    if trained != weights.keys():
        raise RuntimeError(f"the trained factors are {sorted(weights)}, those of the seed {sorted(trained)}")
    model.load_state_dict(weights, strict=False)
    return model


def _facts(
    planned: PlannedModel,
    corpus: CorpusDescription,
    arguments: TrainArguments,
    size: ModelSize,
    sources: dict[str, BlockFile],
) -> dict[str, Any]:
    """What the manifest records besides arguments and inputs.

    The exact blocks, in order, are `block_order(blocks, rows, order_seed, in_stages)`: numbers of blocks by unit as
    recorded, and of rows in the unit's files.
    """
    tokens = planned.blocks * corpus.block_size
    budget = {"reference_budget": arguments.reference_budget} if planned.kind == "reference" else {}
    return {
        "model": planned.id,
        "kind": planned.kind,
        "mixture": planned.mixture and planned.mixture.weights,
        "tokenizer_digest": corpus.tokenizer_digest,
        "tokens": tokens,
        "flops": size.flops(tokens, corpus.block_size),
        "parameters": size.parameters,
        "blocks": {
            name: {"blocks": share, "rows": len(sources[name]), "epochs": share / len(sources[name])}
            for name, share in planned.shares.items()
        },
        "order_seed": arguments.order_seed,
        "in_stages": planned.in_stages,
        "dropped_blocks": planned.dropped,
        **budget,
    }


def _measured(fitted: Fitted | None) -> dict[str, Any]:
    if fitted is None:
        return {"seconds": 0.0}
    if fitted.spikes:
        logger.warning("%s: the loss jumps at step %s", fitted.trainer.planned.id, ", ".join(map(str, fitted.spikes)))
    scores = {name: value if math.isfinite(value) else None for name, value in fitted.evaluation.items()}
    return {
        "seconds": round(fitted.seconds, 3),
        "loss_spikes": fitted.spikes,
        **({"evaluation": scores} if scores else {}),
    }


def _blocks_folder(run_dir: Path, planned: PlannedModel, source: str) -> Path:
    return run_dir / "corpus" / ("seed" if planned.kind == "seed" else f"units/{source}")
