"""`hf-ablate train`: train what a study lacks, one model after the other in one process (or group of processes)."""

import gc
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..corpus.description import CorpusDescription
from ..errors import InputError, ReportedError
from ..manifest import has_manifest
from ..mixtures.enumerate import read_mixtures
from ..mixtures.representation import hull_facts, hull_text
from ..model_size import ModelSize
from ..progress import Progress
from ..remote_code import trusting
from ..run_folder import TRAINED_KINDS
from .architecture import Architecture, architecture
from .arguments import TrainArguments
from .cost import cost_rows
from .identity import PoolInputs, check_seed_has_state, is_made
from .on_cluster import train_on_cluster
from .plan import Plan, plan
from .reasons import report_changes, report_dropped_blocks, report_failures, report_models_without_curve
from .seed import check_fits
from .tables import costs_table, costs_with_total, print_trained, shown_name, trained_text


logger = logging.getLogger(__name__)

# One H100 at 40 % of its peak trains a model of this many parameters on the paper's 1.05 B tokens in less than half an
# hour; less does not justify starting more processes for every model.
_SMALL = 100_000_000


def run(arguments: TrainArguments) -> None:
    """Train the models that `arguments.model` asks for and that are missing or out of date.

    Raises:
        `InputError`: for what does not fit the corpus or the device, before anything is trained.
        `ReportedError`: if models could not be trained on a cluster, after all others and a list of them.
    """
    inputs = _inputs(arguments)
    planned = _plan(arguments, inputs)
    is_main_process = os.environ.get("RANK", "0") == "0"
    if is_main_process:
        report_changes(planned.missing, inputs)
    if arguments.dry_run:
        if is_main_process:
            print_costs(arguments, planned)
        return
    hull = hull_facts(planned.mixtures, planned.probes)
    if hull and hull["outside"] and is_main_process:
        logger.warning("%s; `hf-ablate evaluate` refuses them unless it may `extrapolate`", hull_text(hull))
    if arguments.evaluates and is_main_process:
        report_models_without_curve(planned.made, inputs.run)
    if not planned.missing:
        logger.info("models: unchanged, nothing to do")
        if arguments.output_format == "json" and is_main_process:
            print("[]")
        return
    _check_seed_comes_first(planned, inputs)
    report_dropped_blocks(planned.missing, inputs.corpus.block_size)
    as_json = arguments.output_format == "json"
    if arguments.executor == "ray":
        failed = train_on_cluster(arguments, inputs, planned.missing)
        print_trained([model for model in planned.missing if model.id not in failed], inputs.run, as_json)
        if failed:
            report_failures(failed, len(planned.missing))
            raise ReportedError(1)
        return
    _train_here(arguments, inputs, planned, is_main_process)
    if is_main_process:
        print_trained(planned.missing, inputs.run, as_json)


def _inputs(arguments: TrainArguments) -> PoolInputs:
    if arguments.dry_run and not has_manifest(arguments.run.corpus):
        raise InputError(
            f"{arguments.run_dir} has no finished corpus yet; `hf-ablate run FOLDER_OF_RECIPES --dry_run` plans the "
            "training from the recipes (--set train.gpu=h100 for hours)"
        )
    return pool_inputs(arguments, CorpusDescription.read(arguments.run_dir))


def pool_inputs(arguments: TrainArguments, corpus: CorpusDescription) -> PoolInputs:
    """What the models of a study are made from."""
    settings = {kind: arguments.weight_settings(kind) for kind in TRAINED_KINDS}
    return PoolInputs(
        arguments.run,
        corpus,
        arguments.seed_origin,
        settings,
        arguments.component_init,
        arguments.load_optimizer_state,
    )


def _plan(arguments: TrainArguments, inputs: PoolInputs) -> Plan:
    candidates = read_mixtures(arguments.run_dir) if has_manifest(arguments.run.mixtures) else []
    planned = plan(arguments.model, candidates, arguments.budgets, inputs)
    if planned.missing and inputs.load_optimizer_state:
        check_seed_has_state(inputs)
    return planned


def _architecture(arguments: TrainArguments, corpus: CorpusDescription) -> Architecture:
    """The architecture of the pool's models, which fits the corpus."""
    with trusting(arguments.trust_remote_code):  # also of a study, whose stages are planned together
        shape = architecture(arguments.seed_origin, arguments.adapter, corpus, arguments.run.tokenizer)
    check_fits(corpus, shape.context, shape.vocab_size)
    return shape


def model_sizes(arguments: TrainArguments, corpus: CorpusDescription) -> dict[str, ModelSize]:
    """The size of a model of each kind, as it is trained.

    Args:
        arguments ([`TrainArguments`]): of the study.
        corpus (`CorpusDescription`): finished, or planned from a recipe with the size of its vocabulary.

    Raises:
        `InputError`: for what does not fit the corpus.
    """
    return _architecture(arguments, corpus).sizes


def print_costs(arguments: TrainArguments, planned: Plan) -> None:
    """Print what the missing models cost and, for comparison, a model for every mixture."""
    as_json = arguments.output_format == "json"
    hull = hull_facts(planned.mixtures, planned.probes)
    if not (planned.missing or as_json):
        print("\n".join(["nothing to train: every model is there", *([hull_text(hull)] if hull else [])]))
        return
    sizes, block_size = model_sizes(arguments, planned.corpus), planned.corpus.block_size
    missing, instead = (
        cost_rows(models, block_size, sizes, arguments.throughput)
        for models in (planned.missing, planned.every_mixture)
    )
    if as_json:
        facts = costs_with_total(missing, instead) | ({"hull": hull} if hull else {})
        print(json.dumps(facts, ensure_ascii=False))
    else:
        print("\n".join([costs_table(missing, instead), *([hull_text(hull)] if hull else [])]))


def accelerate_config_for(arguments: TrainArguments) -> str | None:
    """The accelerate configuration where the recipe names none.

    Returns:
        `str | None`: `multi_gpu` where all GPUs of the machine are to train each model together, which takes a large
        model and a global batch that does not depend on the number of processes; `None` for one process.
    """
    if arguments.use_cpu:
        return None
    import torch

    gpus = torch.cuda.device_count()
    if gpus < 2:
        return None
    inputs = _inputs(arguments)
    if not _plan(arguments, inputs).missing:
        return None
    if _architecture(arguments, inputs.corpus).whole.parameters < _SMALL:
        return None
    at_once = arguments.trainer["per_device_train_batch_size"] * gpus
    if arguments.global_batch_size and arguments.global_batch_size % at_once == 0:
        return "multi_gpu"
    logger.info(
        "there are %d GPUs here, and one is used: give a global_batch_size that is a multiple of %d to use all, or "
        "name an --accelerate_config", gpus, at_once,
    )  # fmt: skip
    return None


def _train_here(arguments: TrainArguments, inputs: PoolInputs, planned: Plan, is_main_process: bool) -> None:
    """Check everything that can be known before, then train one model after the other."""
    from .prepare import check, prepare, quietly

    missing = planned.missing
    trainings = prepare(arguments, inputs, {model.kind for model in missing})
    check(trainings)
    tokens = sum(model.blocks for model in missing) * inputs.corpus.block_size
    progress = Progress(tokens, "train", "token", is_main_process)
    try:
        with quietly(), cheap_garbage_collection():
            for number, model in enumerate(missing, start=1):
                progress.start(shown_name(model))
                was_trained = trainings.train(model, progress)
                progress.finished(f"[{number}/{len(missing)}] {trained_text(model, inputs, was_trained)}")
    finally:
        progress.close()


@contextmanager
def cheap_garbage_collection() -> Iterator[None]:
    """Leave all objects of now out of garbage collection.

    The Trainer collects garbage before each model, which takes half a second with all libraries imported.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _check_seed_comes_first(planned: Plan, inputs: PoolInputs) -> None:
    first = planned.missing[0]
    if first.kind != "seed" and not is_made(planned.seed, inputs):
        raise InputError(
            f"{first.id} starts from the seed, which is missing or was made with other arguments; train it "
            "first: --model seed, or --model all"
        )
