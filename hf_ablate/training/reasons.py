"""What `hf-ablate train` reports before it trains: why finished models are trained again, and what is left out."""

import logging
from collections.abc import Mapping, Sequence

from ..errors import InputError
from ..manifest import find_manifest, read_manifest
from ..run_folder import RunFolder
from .identity import PoolInputs, identity, lacks_optimizer_state
from .pool import PlannedModel


logger = logging.getLogger(__name__)


def report_changes(missing: list[PlannedModel], inputs: PoolInputs) -> None:
    """Log which arguments and data make finished models be trained again, once for all with the same reason.

    Another seed does so too, which follows from what is logged about the seed.
    """
    for reason, names in _changed(missing, inputs).items():
        if reason:
            logger.info("%s: to be trained again, changed: %s", _first_of(names), reason)


def check_shared(missing: list[PlannedModel], inputs: PoolInputs) -> None:
    """Refuse to train a finished model of a shared pool again: the other studies over the pool use it.

    Raises:
        `InputError`: names the first, what differs, and what to do.
    """
    run = inputs.run
    for reason, names in _changed(missing, inputs).items() if run.pool is not run else ():
        raise InputError(
            f"{run.path} is a study over the pool of {run.pool.path}, which holds {_first_of(names)} trained with "
            f"other arguments ({reason or 'another seed model'}). Change those of this study, or give it a pool of "
            f"its own: a run_dir in {run.pool.pools}"
        )


def _changed(missing: list[PlannedModel], inputs: PoolInputs) -> dict[str, list[str]]:
    """What has changed of finished models that are to be trained again, if not only the seed → their ids."""
    by_reason: dict[str, list[str]] = {}
    for model in missing:
        made = find_manifest(inputs.run.model(model.id))
        if made is None:
            continue
        values, digests = identity(model, inputs)
        before = made["arguments"]
        changed = [
            f"{name} {before.get(name)} -> {values.get(name)}"
            for name in {**values, **before}
            if before.get(name) != values.get(name)
        ]
        changed += [name for name, new in digests.items() if name != "seed" and made["inputs"].get(name) != new]
        if lacks_optimizer_state(model, made, inputs):
            changed.append("the state of its optimizer was not kept")
        by_reason.setdefault(", ".join(changed), []).append(model.id)
    return by_reason


def report_models_without_curve(made: list[PlannedModel], run: RunFolder) -> None:
    """Log the finished models that were trained without evaluation.

    Evaluation changes no weight, so turning it on trains no finished model again.
    """
    folders = [run.model(model.id) for model in made if model.blocks]
    without = [folder for folder in folders if "evaluation" not in read_manifest(folder)]
    if without:
        logger.info(
            "trained without evaluation, so without a curve: %s; to train them again, remove their folders",
            _first_of(without),
        )


def report_failures(failed: Mapping[str, str], count: int) -> None:
    """Log which models are missing and why, after all others were trained.

    Args:
        failed (`Mapping[str, str]`): id → why.
        count (`int`): of all models that were to be trained.
    """
    lines = [f"  {model}: {why}" for model, why in failed.items()]
    logger.error(
        "%d of %d models are missing:\n%s\nThe same command trains these alone, and resumes half-trained ones from "
        "their last checkpoint", len(failed), count, "\n".join(lines),
    )  # fmt: skip


def report_dropped_blocks(models: list[PlannedModel], block_size: int) -> None:
    """Log the part of budgets that does not fill a step, once for all models that it is the same for."""
    by_blocks: dict[int, list[str]] = {}
    for model in models:
        by_blocks.setdefault(model.dropped, []).append(model.id)
    for blocks, names in by_blocks.items():
        if blocks:
            logger.info(
                "%s: %d blocks (%d tokens) of the budget do not fill a step and are left out",
                _first_of(names), blocks, blocks * block_size,
            )  # fmt: skip


def _first_of(names: Sequence[object]) -> str:
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else str(names[0])
