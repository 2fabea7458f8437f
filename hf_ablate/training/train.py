"""`hf-ablate train`: train what a study lacks, one model after the other in one process (or group of processes)."""

import gc
import json
import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError, exit_code
from ..manifest import digest_files, fingerprint, is_finished, read_manifest, write_manifest
from ..mixtures.enumerate import read_mixtures
from ..mixtures.mixture import Mixture
from ..recipe import parse_with_recipe
from .arguments import TrainArguments, make_train_parser
from .callbacks import METRICS, PoolProgress
from .checkpoints import prepare_folder, remove_checkpoints
from .cost import ModelSize, cost_rows, model_size, size_of_config
from .data import BlockFile
from .fit import fit
from .pool import Corpus, PlannedModel, plan_pool, select
from .seed import check_fits, load_model, make_seed, seed_config


logger = logging.getLogger(__name__)


def run(arguments: TrainArguments) -> None:
    """Train the models that `arguments.model` asks for and that are missing or out of date."""
    corpus = Corpus.read(arguments.run_dir)
    candidates = _candidates(arguments)
    pool = plan_pool(arguments, corpus, candidates)
    wanted = select(arguments, corpus, pool, candidates)
    config = seed_config(arguments, corpus, _tokenizer(arguments))
    missing = missing_models(arguments, corpus, wanted)
    if arguments.dry_run:
        _print_cost(arguments, cost_rows(missing, corpus, size_of_config(config)))
        return
    if not missing:
        logger.info("models: unchanged, nothing to do")
        return
    _check_seed_comes_first(arguments, corpus, pool[0], missing)
    progress = PoolProgress(sum(model.blocks for model in missing) * corpus.block_size, arguments.process_index == 0)
    try:
        with _many_models_in_one_process():
            for model in missing:
                progress.start(model.id)
                _train(model, corpus, arguments, progress)
    finally:
        progress.close()
    if arguments.process_index == 0:
        _print_trained(arguments, missing)


@contextmanager
def _many_models_in_one_process() -> Iterator[None]:
    """Small fixed costs per model: no bars of transformers for every file, and cheap garbage collections.

    The Trainer collects garbage before each model, which takes half a second with all libraries imported; frozen
    objects are left out of it.
    """
    from transformers.utils import logging as library

    was_enabled = library.is_progress_bar_enabled()
    library.disable_progress_bar()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            library.enable_progress_bar()


def _candidates(arguments: TrainArguments) -> list[tuple[Mixture, bool]]:
    if not (arguments.run_dir / "mixtures" / "manifest.json").is_file():
        return []
    return [(candidate.mixture, candidate.reference) for candidate in read_mixtures(arguments.run_dir)]


def missing_models(arguments: TrainArguments, corpus: Corpus, models: list[PlannedModel]) -> list[PlannedModel]:
    """Those that are not finished, or were made from other data or with other arguments.

    While the seed is missing, all that starts from it counts as missing too, though it may turn out to be there.
    """
    missing = [model for model in models if not _is_finished(model, corpus, arguments)]
    return models if missing and missing[0].kind == "seed" else missing


def _is_finished(model: PlannedModel, corpus: Corpus, arguments: TrainArguments) -> bool:
    return is_finished(model.folder(arguments.run_dir), fingerprint("train", *_identity(model, corpus, arguments)))


def _identity(model: PlannedModel, corpus: Corpus, arguments: TrainArguments) -> tuple[dict, dict[str, str]]:
    """What the weights of a model depend on: arguments, and the inputs' digests (the seed's: empty if it has none)."""
    inputs = {"tokenizer": corpus.tokenizer_digest}
    values = {**arguments.that_matter(model.kind), "model": model.id, "shares": dict(model.shares)}
    if model.kind != "seed":
        seed = arguments.run_dir / "models" / "seed"
        inputs["seed"] = read_manifest(seed)["digest"] if (seed / "manifest.json").is_file() else ""
        inputs |= {f"unit {unit}": corpus.units[unit].digest for unit in model.shares}
        return values, inputs
    if arguments.seed_model:
        folder = Path(arguments.seed_model)
        values = {"model": model.id, "seed_revision": arguments.seed_revision, "seed_model": arguments.seed_model}
        if folder.is_dir():  # a path of this machine says nothing: the content does
            values["seed_model"] = folder.name
            inputs["seed_model"] = _digest_of_weights(folder)
        return values, inputs
    values |= {"model_type": arguments.model_type, "config_overrides": arguments.config_overrides}
    if model.shares:
        inputs["text"] = corpus.seed.digest
    return values, inputs


def _check_seed_comes_first(
    arguments: TrainArguments, corpus: Corpus, seed: PlannedModel, missing: list[PlannedModel]
) -> None:
    if missing[0].kind != "seed" and not _is_finished(seed, corpus, arguments):
        raise InputError(
            f"{missing[0].id} starts from the seed, which is missing or was made with other arguments; train it "
            "first: --model seed, or --model all"
        )


def _train(planned: PlannedModel, corpus: Corpus, arguments: TrainArguments, progress: PoolProgress) -> None:
    folder = planned.folder(arguments.run_dir)
    values, inputs = _identity(planned, corpus, arguments)
    is_there = _is_finished(planned, corpus, arguments)
    arguments.distributed_state.wait_for_everyone()
    if is_there:
        progress.advance(planned.blocks * corpus.block_size)
        return
    if arguments.process_index == 0:
        prepare_folder(folder, fingerprint("train", values, inputs))
    arguments.distributed_state.wait_for_everyone()
    if planned.kind == "seed":
        model = make_seed(arguments, corpus, _tokenizer(arguments))
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
        shutil.copytree(_tokenizer(arguments), folder, dirs_exist_ok=True)
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
        digest=_digest_of_weights(folder),
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


def _digest_of_weights(folder: Path) -> str:
    return digest_files(sorted(path for path in [folder / "config.json", *folder.glob("*.safetensors")]))


def _blocks_folder(run_dir: Path, planned: PlannedModel, source: str) -> Path:
    return run_dir / "corpus" / ("seed" if planned.kind == "seed" else f"units/{source}")


def _tokenizer(arguments: TrainArguments) -> Path:
    return arguments.run_dir / "corpus" / "tokenizer"


def _print_cost(arguments: TrainArguments, rows: list[dict]) -> None:
    if arguments.output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    if not rows:
        print("nothing to train: every model is there")
        return
    width = max(len(_label(row)) for row in rows)
    for row in [*rows, _total(rows)]:
        print(f"{_label(row):<{width}}  {row['tokens']:>15,} tokens  {row['flops']:>10.3g} FLOPs")


def _label(row: dict) -> str:
    return f"reference: {row['name']}" if row["model"].startswith("reference:") else row["model"]


def _total(rows: list[dict]) -> dict:
    return {
        "model": f"{len(rows)} models", "tokens": sum(row["tokens"] for row in rows),
        "flops": sum(row["flops"] for row in rows),
    }  # fmt: skip


def _print_trained(arguments: TrainArguments, models: list[PlannedModel]) -> None:
    manifests = [read_manifest(model.folder(arguments.run_dir)) for model in models]
    keys = ("model", "tokens", "flops", "seconds")
    rows = [{key: manifest[key] for key in keys} for manifest in manifests]
    for row, model in zip(rows, models, strict=True):
        row["name"] = model.mixture.name if model.mixture else ""
    if arguments.output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    width = max(len(_label(row)) for row in rows)
    for row in rows:
        print(
            f"{_label(row):<{width}}  {row['tokens']:>12,} tokens  {row['flops']:>8.3g} FLOPs {row['seconds']:>7.1f} s"
        )


def main(argv: list[str] | None = None) -> int:
    """For `python -m hf_ablate.training.train` and `accelerate launch -m hf_ablate.training.train`."""
    tokens = list(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    parser = make_train_parser("python -m hf_ablate.training.train", "Train what a study lacks.")
    return exit_code(lambda: run(parse_with_recipe(parser, tokens, TrainArguments)))


if __name__ == "__main__":
    sys.exit(main())
