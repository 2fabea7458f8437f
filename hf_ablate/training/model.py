"""One model of the pool, from its starting weights to its finished folder."""

import shutil
from pathlib import Path

from ..manifest import fingerprint, write_manifest
from .arguments import TrainArguments
from .callbacks import METRICS, PoolProgress
from .checkpoints import prepare_folder, remove_checkpoints
from .cost import ModelSize, model_size
from .data import BlockFile
from .fit import fit
from .identity import digest_of_weights, identity, is_made
from .pool import Corpus, PlannedModel
from .seed import check_fits, load_model, make_seed


def train_model(planned: PlannedModel, corpus: Corpus, arguments: TrainArguments, progress: PoolProgress) -> None:
    folder = planned.folder(arguments.run_dir)
    values, inputs = identity(planned, corpus, arguments)
    is_there = is_made(planned, corpus, arguments)
    arguments.distributed_state.wait_for_everyone()
    if is_there:
        progress.advance(planned.blocks * corpus.block_size)
        return
    if arguments.process_index == 0:
        prepare_folder(folder, fingerprint("train", values, inputs))
    arguments.distributed_state.wait_for_everyone()
    if planned.kind == "seed":
        model = make_seed(arguments, corpus)
    else:
        model = load_model(arguments.run_dir / "models" / "seed", arguments)
    check_fits(model.config, corpus)
    size = model_size(model)
    sources = {name: BlockFile(_blocks_folder(arguments.run_dir, planned, name)) for name in planned.shares}
    if planned.blocks == 0:
        seconds = 0.0
        if arguments.process_index == 0:
            model.save_pretrained(folder)
            (folder / METRICS).write_text("", encoding="utf-8")
    else:
        fitted = fit(planned, model, sources, folder, arguments, progress)
        seconds = fitted.seconds
        fitted.trainer.save_model(str(folder))
    arguments.distributed_state.wait_for_everyone()
    if arguments.process_index == 0:
        (folder / "training_args.bin").unlink(missing_ok=True)  # holds this machine's paths
        shutil.copytree(arguments.tokenizer_dir, folder, dirs_exist_ok=True)
        _finish(planned, corpus, arguments, size, sources, seconds, values, inputs)
    arguments.distributed_state.wait_for_everyone()


def _finish(
    planned: PlannedModel, corpus: Corpus, arguments: TrainArguments, size: ModelSize, sources: dict[str, BlockFile],
    seconds: float, values: dict, inputs: dict[str, str],
) -> None:  # fmt: skip
    folder = planned.folder(arguments.run_dir)
    tokens = planned.blocks * corpus.block_size
    facts = {"reference_budget": arguments.reference_budget} if planned.kind == "reference" else {}
    write_manifest(
        folder,
        "train",
        values,
        inputs,
        model=planned.id,
        kind=planned.kind,
        mixture=planned.mixture and planned.mixture.weights,
        digest=digest_of_weights(folder),
        seed_digest=inputs.get("seed"),
        tokenizer_digest=corpus.tokenizer_digest,
        tokens=tokens,
        flops=size.flops(tokens, corpus.block_size),
        parameters=size.parameters,
        seconds=round(seconds, 3),
        blocks={
            name: {"blocks": share, "epochs": share / len(sources[name])} for name, share in planned.shares.items()
        },
        dropped_blocks=planned.dropped,
        **facts,
    )
    if not arguments.keep_checkpoints:
        remove_checkpoints(folder)


def _blocks_folder(run_dir: Path, planned: PlannedModel, source: str) -> Path:
    return run_dir / "corpus" / ("seed" if planned.kind == "seed" else f"units/{source}")
