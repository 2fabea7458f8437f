"""A pool on a Ray cluster: each missing model is a task, done by whichever node has room for it."""

import logging
import os
from contextlib import closing
from dataclasses import dataclass

from ..errors import InputError
from ..progress import Progress
from ..ray_cluster import Cluster, TaskResources, ray_cluster
from ..ray_tasks import first_line, run_on_cluster
from .arguments import TrainArguments
from .followed import Followed
from .group import Group, group_of, train_in_group
from .identity import PoolInputs, is_made
from .pool import PlannedModel
from .tables import shown_name, trained_text


logger = logging.getLogger(__name__)


def train_on_cluster(arguments: TrainArguments, inputs: PoolInputs, missing: list[PlannedModel]) -> dict[str, str]:
    """Train models on a cluster: the seed first, then all others as there is room.

    Args:
        arguments ([`TrainArguments`]): of the command.
        inputs ([`PoolInputs`]): what the models are made from.
        missing (`list[PlannedModel]`): the models.

    Returns:
        `dict[str, str]`: of those that are still missing, id → why.

    Raises:
        `InputError`: before anything is trained: for a cluster that does not answer or is too small, and what
            [`prepare`] and [`check`] find on one of its nodes.
    """
    with ray_cluster(arguments.ray_address) as cluster:
        gpus = _gpus_for_each(arguments, cluster)
        group = group_of(arguments, gpus)
        cpus = arguments.num_cpus or (group.processes if group else 1)
        resources = TaskResources(cpus, gpus)
        _check_on_a_node(cluster, _Training(arguments, inputs, group), missing, resources)
        failed: dict[str, str] = {}
        tokens = sum(model.blocks for model in missing) * inputs.corpus.block_size
        with Progress(tokens, "train", "token") as progress:
            followed = Followed(progress, missing, inputs, arguments.budgets.blocks_per_step)
            for models in in_turn(missing):
                if failed:  # the seed
                    failed |= {model.id: "not started: it starts from the seed" for model in models}
                    break
                ended = run_on_cluster(cluster, _Training(arguments, inputs, group), models, resources, followed.look)
                with closing(ended):
                    for place, was_trained, error in ended:
                        model = models[place]
                        if error is None and not is_made(model, inputs):
                            error = InputError(_OTHER.format(folder=inputs.run.model(model.id)))
                        followed.ended(model)
                        if error is None:
                            text = trained_text(model, inputs, was_trained)
                        else:
                            failed[model.id] = _why(model, error)
                            logger.warning("%s failed: %s", model.id, failed[model.id])
                            text = f"{shown_name(model)}: failed"
                        progress.finished(f"[{followed.count}/{len(missing)}] {text}")
    return failed


_OTHER = (
    "it has ended on its node, and {folder} does not hold it as it was planned here: do all nodes see the same "
    "folder, and have the same versions of packages?"
)


def in_turn(missing: list[PlannedModel]) -> list[list[PlannedModel]]:
    """What can be trained at once: the seed, from which all others start; then these, the longest first.

    A long model that is started last is trained alone while all other devices are idle.

    Args:
        missing (`list[PlannedModel]`): the models, in any order.
    """
    seed = [model for model in missing if model.kind == "seed"]
    others = sorted((model for model in missing if model.kind != "seed"), key=lambda model: -model.blocks)
    return [models for models in (seed, others) if models]


def _gpus_for_each(arguments: TrainArguments, cluster: Cluster) -> float:
    if arguments.num_gpus is not None:
        return arguments.num_gpus
    return 1 if cluster.has_gpus and not arguments.use_cpu else 0


def _check_on_a_node(
    cluster: Cluster, training: "_Training", missing: list[PlannedModel], resources: TaskResources
) -> None:
    """Check everything where models are trained: this machine may lack the devices and libraries that nodes have."""
    ((_, _, error),) = run_on_cluster(cluster, training.check, [{model.kind for model in missing}], resources)
    if error is not None:
        raise error


@dataclass(frozen=True)
class _Training:
    """Trains a model on a node."""

    arguments: TrainArguments
    inputs: PoolInputs
    group: Group | None

    def check(self, kinds: set[str]) -> None:
        """Check what training needs, on this node.

        Raises:
            `InputError`: for what is wrong.
        """
        from .prepare import check, prepare

        _check_sees(self.inputs)
        check(prepare(self.arguments, self.inputs, kinds))

    def __call__(self, model: PlannedModel) -> bool:
        from .prepare import prepare, quietly

        _check_sees(self.inputs)
        if self.group:
            return train_in_group(self.arguments, self.inputs, model, self.group)
        try:
            with quietly(), Progress(None, "train", "token", enabled=False) as progress:
                return prepare(self.arguments, self.inputs, {model.kind}).train(model, progress)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            raise InputError(
                f"out of memory on node {os.uname().nodename} ({first_line(error)}). Lower "
                "per_device_train_batch_size (with global_batch_size, the model stays the same), or set "
                "gradient_checkpointing"
            ) from error


def _is_out_of_memory(error: Exception) -> bool:
    """Also of torch: its error for GPUs, and what it says of the machine's own memory."""
    name, text = type(error).__name__, str(error)
    return name in ("MemoryError", "OutOfMemoryError") or "DefaultCPUAllocator: can't allocate memory" in text


def _check_sees(inputs: PoolInputs) -> None:
    """Raise `InputError` if this node does not see the corpus that the models were planned for."""
    from ..corpus.description import CorpusDescription

    if CorpusDescription.read(inputs.run.path) != inputs.corpus:
        raise InputError(
            f"node {os.uname().nodename} sees another corpus in {inputs.run.corpus}; every node needs the run folder "
            "at the same path"
        )


def _why(model: PlannedModel, error: Exception) -> str:
    """Why a model is missing, in a line; what is a defect is logged in full."""
    from ray.exceptions import OutOfMemoryError, RayError

    if isinstance(error, OutOfMemoryError):
        return (
            f"Ray has ended its process, and those that it started again: {first_line(error)}. Give each model more "
            "of a node (num_cpus), or lower per_device_train_batch_size"
        )
    if isinstance(error, RayError):
        return (
            f"its process has died, and so have those that Ray started again: {first_line(error)}. If a node runs out "
            "of memory, give each model more of it (num_cpus), or lower per_device_train_batch_size"
        )
    if isinstance(error, InputError):
        return str(error).removeprefix(f"{model.id}: ")
    logger.error("%s: %s", model.id, "\n".join(error.__notes__))
    return f"{type(error).__name__}: {first_line(error)}"
