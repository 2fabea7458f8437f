"""One model of the pool, from its starting weights to its finished folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import PreTrainedModel

from ..manifest import fingerprint, make_readable, write_manifest
from ..model_config import context_of, vocabulary_size
from ..model_size import size_of
from ..saved_model import ADAPTER, weights_digest
from ..saved_tokenizer import copy_tokenizer
from .adapter import Adapter, with_adapter, with_random_adapter
from .checkpoints import prepare_folder
from .data import BlockFile, OrderedBlocks, collate
from .devices import reset_deepspeed, unsharded_construction
from .fit import Fitted, Instruments, arguments_of, fit
from .folding import save_folded
from .identity import PoolInputs, identity, is_made
from .metrics_file import METRICS
from .optimizer_state import STATE, copy_state, find_state, save_state, state_digest
from .order import block_order
from .pool import PlannedModel
from .record import measured_record, training_record
from .seed import check_fits, empty_model, load_model, random_model, seed_config
from .speed import Meter
from .trackers import own_run
from .trainer import PoolTrainer
from .trainer_arguments import PoolTrainingArguments, with_overrides
from .unsharded import unsharded_state_dict


if TYPE_CHECKING:
    from peft import PeftModel


def train_model(
    planned: PlannedModel,
    inputs: PoolInputs,
    args: PoolTrainingArguments,
    adapter: Adapter | None,
    instruments: Instruments,
) -> bool:
    """Train a model and finish its folder; does nothing when it is made already. All processes call this together.

    Args:
        planned ([`PlannedModel`]): the model.
        inputs ([`PoolInputs`]): what the models of the pool are made from.
        args ([`PoolTrainingArguments`]): of all models of its kind.
        adapter ([`Adapter`], *optional*): if it is trained as adapters of the seed.
        instruments ([`Instruments`]): what is measured.

    Returns:
        `bool`: whether there was something to do.
    """
    state, corpus, folder = args.distributed_state, inputs.corpus, inputs.run.model(planned.id)
    state.wait_for_everyone()  # the first has waited until nobody else trains the model
    values, digests = identity(planned, inputs)
    expected = fingerprint("train", values, digests)
    was_made = is_made(planned, inputs)
    state.wait_for_everyone()
    if was_made:
        instruments.progress.advance(planned.blocks * corpus.block_size)
        return False
    args = with_overrides(args, planned.own_seeds(vars(args)))
    if inputs.load_optimizer_state and planned.kind != "seed":
        args = with_overrides(args, {"optimizer_state": inputs.run.seed / STATE})
    reset_deepspeed(args)
    model = _starting_model(planned, inputs, args, adapter)  # before what is to be replaced is removed
    if state.is_main_process:
        prepare_folder(folder, expected)
    state.wait_for_everyone()
    size = size_of(model)
    seed = args.seed if args.data_seed is None else args.data_seed  # of the order of the blocks
    files = {name: BlockFile(_blocks_folder(inputs, planned, name)) for name in planned.shares}
    fitted = None
    if planned.blocks:
        meter = Meter(
            args.per_device_train_batch_size * args.gradient_accumulation_steps * args.world_size * corpus.block_size,
            size.flops(1, corpus.block_size),
            instruments.peak_flops and instruments.peak_flops * args.world_size,
        )
        own_args = arguments_of(planned, folder, inputs.run.path.resolve().name, args)
        blocks = _ordered(planned, files, seed)
        with own_run(args.report_to):
            fitted = fit(planned, model, blocks, own_args, meter, instruments)
        if instruments.lease:
            instruments.lease.confirm()
        if adapter:
            _save_adapted(fitted.trainer, folder, inputs, adapter, blocks)
        else:
            _save(fitted.trainer, folder)
    elif state.is_main_process:
        model.save_pretrained(folder)
        (folder / METRICS).write_text("", encoding="utf-8")
    if inputs.load_optimizer_state and planned.kind == "seed" and state.is_main_process:
        _keep_optimizer_state(fitted, folder, inputs)
    state.wait_for_everyone()
    if state.is_main_process:
        for path in [*folder.glob("*.safetensors"), *folder.glob(f"{ADAPTER}/*.safetensors")]:
            make_readable(path)  # safetensors leaves it to its owner alone
        copy_tokenizer(inputs.run.tokenizer, folder)
        record = {
            "seed_digest": digests.get("seed"),
            **training_record(planned, corpus, size, {name: len(file) for name, file in files.items()}, seed),
            **measured_record(fitted),
            **({"optimizer_digest": kept} if (kept := state_digest(folder)) else {}),
        }
        write_manifest(folder, "train", values, digests, digest=weights_digest(folder), **record)
    state.wait_for_everyone()
    return True


def _ordered(planned: PlannedModel, files: dict[str, BlockFile], seed: int) -> OrderedBlocks:
    shares = {name: share for name, share in planned.shares.items() if share}
    order = block_order(shares, {name: len(files[name]) for name in shares}, seed, planned.in_stages)
    return OrderedBlocks([files[name] for name in shares], order)


def _starting_model(
    planned: PlannedModel, inputs: PoolInputs, args: PoolTrainingArguments, adapter: Adapter | None
) -> "PreTrainedModel | PeftModel":
    """A component or reference starts from the pool's seed; the seed from a given model, or from random weights.

    With `component_init: own`, components and references start from random weights too.
    """
    origin, corpus, init_seed = inputs.seed, inputs.corpus, inputs.init_seed(planned)
    if planned.kind != "seed" and init_seed is None:
        model = load_model(inputs.run.seed, origin)
    elif origin.model:
        model = load_model(origin.model, origin, origin.revision)
    else:
        config = seed_config(origin, corpus, inputs.run.tokenizer)
        with unsharded_construction(args.deepspeed_plugin):
            model = random_model(config, origin, args.seed if init_seed is None else init_seed)
    check_fits(corpus, context_of(model.config), vocabulary_size(model.config))
    return with_adapter(model, adapter, args.seed) if adapter else model


def _save(trainer: PoolTrainer, folder: Path) -> None:
    """One complete safetensors folder, whatever part of the model each process holds."""
    model, args = trainer.bare_model, trainer.args
    saves = args.distributed_state.is_main_process
    weights = unsharded_state_dict(model, keep=saves)
    if not saves:
        return
    if weights is not None:
        with unsharded_construction(args.deepspeed_plugin):
            model = _plain_model(model)
    model.save_pretrained(folder, state_dict=weights)


def _save_adapted(
    trainer: PoolTrainer, folder: Path, inputs: PoolInputs, adapter: Adapter, blocks: OrderedBlocks
) -> None:
    """The adapter, and the model that it makes of the seed, in one complete safetensors folder."""
    model, args = trainer.bare_model, trainer.args
    saves = args.distributed_state.is_main_process
    weights = unsharded_state_dict(model, keep=saves)
    if not saves:
        return
    with unsharded_construction(args.deepspeed_plugin):
        if weights is not None:
            model = _with_adapter_weights(weights, load_model(inputs.run.seed, inputs.seed), adapter)
        batch = collate(blocks.__getitems__([0]))["input_ids"]
        save_folded(model, folder, inputs.run.seed, batch, lambda path: load_model(path, inputs.seed))


def _keep_optimizer_state(fitted: Fitted | None, folder: Path, inputs: PoolInputs) -> None:
    """The state that the seed's training ended with; of a given seed, the one that it came with."""
    if fitted is None:
        copy_state(find_state(inputs.seed.model, inputs.seed.revision), folder)
    else:
        save_state(fitted.trainer.optimizer, fitted.trainer.bare_model, folder)


def _plain_model(model: PreTrainedModel) -> PreTrainedModel:
    """A model in float32 to save a state dict with.

    FSDP2 makes a class of its own of the model's class, and its code would be saved with a model that brings its code.
    """
    plain = empty_model(model.config, dtype=torch.float32)
    plain.generation_config = model.generation_config
    return plain


def _with_adapter_weights(
    weights: dict[str, torch.Tensor], seed_model: PreTrainedModel, adapter: Adapter
) -> "PeftModel":
    """The seed as it is on the disk, with the trained factors."""
    model = with_random_adapter(seed_model, adapter.config())  # the random factors are replaced
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    if trained != weights.keys():
        raise RuntimeError(f"the trained factors are {sorted(weights)}, those of the seed {sorted(trained)}")
    model.load_state_dict(weights, strict=False)
    return model


def _blocks_folder(inputs: PoolInputs, planned: PlannedModel, unit: str) -> Path:
    return inputs.run.seed_text if planned.kind == "seed" else inputs.run.unit(unit)
