"""What a `train` command has to do: the models that are missing, and whether all GPUs train them together."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..corpus.description import CorpusDescription
from ..errors import InputError
from ..manifest import MANIFEST
from ..mixtures.enumerate import read_mixtures
from ..mixtures.mixture import Mixture
from .arguments import TrainArguments
from .cost import planned_size
from .identity import missing_models
from .pool import PlannedModel, plan_pool, select
from .seed import seed_config


if TYPE_CHECKING:
    from transformers import PreTrainedConfig


logger = logging.getLogger(__name__)

# One H100 at 40 % of its peak trains a model of so many parameters on the paper's 1.05 B tokens in less than half an
# hour; less is not worth the start of more processes for every model.
_SMALL = 100_000_000


@dataclass(frozen=True)
class Plan:
    """What is asked for, checked against the corpus.

    Args:
        corpus (`CorpusDescription`): what models are trained on.
        config (`PreTrainedConfig`): of the seed, and so of all models.
        mixtures (`list[Mixture]`): all candidates of the study.
        seed (`PlannedModel`): what all others start from.
        made (`list[PlannedModel]`): the models that are asked for and finished.
        missing (`list[PlannedModel]`): those that are to be trained, in order.
    """

    corpus: CorpusDescription
    config: "PreTrainedConfig"
    mixtures: list[Mixture]
    seed: PlannedModel
    made: list[PlannedModel]
    missing: list[PlannedModel]


def plan(arguments: TrainArguments) -> Plan:
    """The plan of a command; `InputError` for what does not fit the corpus."""
    if arguments.dry_run and not (arguments.run_dir / "corpus" / MANIFEST).is_file():
        raise InputError(
            f"{arguments.run_dir} has no finished corpus yet; `hf-ablate run FOLDER_OF_RECIPES --dry_run` plans the "
            "training from the recipes (--set train.gpu=h100 for hours)"
        )
    corpus = CorpusDescription.read(arguments.run_dir)
    candidates = _candidates(arguments)
    pool = plan_pool(arguments, corpus, candidates)
    wanted = select(arguments, corpus, pool, candidates)
    config = seed_config(arguments, corpus)
    missing = missing_models(arguments, corpus, wanted)
    made = [model for model in wanted if model not in missing]
    return Plan(corpus, config, [mixture for mixture, _ in candidates], pool[0], made, missing)


def _candidates(arguments: TrainArguments) -> list[tuple[Mixture, bool]]:
    if not (arguments.run_dir / "mixtures" / "manifest.json").is_file():
        return []
    return [(candidate.mixture, candidate.reference) for candidate in read_mixtures(arguments.run_dir)]


def accelerate_config_for(arguments: TrainArguments) -> str | None:
    """`multi_gpu` where all GPUs of the machine are to train each model together, otherwise `None`.

    That takes a large model, and a global batch that does not depend on the number of processes.
    """
    import torch

    gpus = 0 if arguments.use_cpu else torch.cuda.device_count()
    if gpus < 2:
        return None
    planned = plan(arguments)
    if not planned.missing or planned_size(planned.config, arguments, "seed").parameters < _SMALL:
        return None
    at_once = arguments.per_device_train_batch_size * gpus
    if arguments.global_batch_size and arguments.global_batch_size % at_once == 0:
        return "multi_gpu"
    logger.info(
        "there are %d GPUs here, and one is used: give a global_batch_size that is a multiple of %d to use all, or "
        "name an --accelerate_config", gpus, at_once,
    )  # fmt: skip
    return None
