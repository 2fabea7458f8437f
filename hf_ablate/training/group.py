"""One model trained by a group of processes that accelerate starts, from within a task on a node."""

import json
import subprocess
import sys
from dataclasses import dataclass, fields
from tempfile import TemporaryFile
from typing import Any

from ..errors import InputError
from ..executor_arguments import ExecutorArguments
from ..launch import accelerate_config_path, end_with_parent
from ..lock import held_elsewhere
from ..recipe import read_yaml
from .arguments import TrainArguments
from .identity import PoolInputs, is_made
from .optimizer_settings import plain
from .options import NOT_AN_OPTION, trainer_defaults
from .pool import PlannedModel


_ERROR = "hf-ablate: error: "
_MOST_CHARACTERS = 3000  # of what a process that failed has printed last
_NOT_OF_A_GROUP = {"model", "accelerate_config", "dry_run", "num_cpus", "num_gpus", NOT_AN_OPTION}


@dataclass(frozen=True)
class Group:
    """The processes that accelerate starts to train one model together.

    Args:
        config (`str`): the accelerate configuration, a name or a file.
        processes (`int`): how many.
    """

    config: str
    processes: int


def group_of(arguments: TrainArguments, gpus: float) -> Group | None:
    """The processes that train each model together; `None` for one without accelerate.

    Args:
        arguments ([`TrainArguments`]): of the command.
        gpus (`float`): that each model has.

    Raises:
        `InputError`: for a configuration that one node cannot run, and a batch that would depend on it.
    """
    config = arguments.accelerate_config or ("multi_gpu" if gpus > 1 else None)
    if config is None:
        return None
    values = read_yaml(accelerate_config_path(config))
    if (values.get("num_machines") or 1) > 1:
        raise InputError(
            f"the accelerate configuration {config} is for several machines, and executor ray trains each model on "
            "one; take one for a single machine, or leave executor out"
        )
    processes = values.get("num_processes")
    if processes in (None, -1):
        processes = int(gpus)
    if processes < 1 or (gpus and not values.get("use_cpu") and processes != gpus):
        raise InputError(
            f"the accelerate configuration {config} starts {processes or 'a process for each of its'} GPUs, and a "
            f"model has {gpus:g} (num_gpus); make them the same"
        )
    at_once = arguments.trainer["per_device_train_batch_size"] * processes
    if processes > 1 and not arguments.global_batch_size:
        raise InputError(
            f"each model is trained by {processes} processes; give a global_batch_size (a multiple of {at_once}), so "
            "that it does not depend on their number"
        )
    if arguments.global_batch_size and arguments.global_batch_size % at_once:
        raise InputError(
            f"`global_batch_size` {arguments.global_batch_size} is not a multiple of the {at_once} blocks that "
            f"{processes} processes take at once"
        )
    return Group(config, processes)


def train_in_group(arguments: TrainArguments, inputs: PoolInputs, model: PlannedModel, group: Group) -> bool:
    """Train a model by the command itself under accelerate, in processes that end with this one.

    Args:
        arguments ([`TrainArguments`]): of the command.
        inputs ([`PoolInputs`]): what the model is made from.
        model ([`PlannedModel`]): the model.
        group ([`Group`]): which processes.

    Returns:
        `bool`: whether there was something to do.

    Raises:
        `InputError`: what the command reports.
    """
    if is_made(model, inputs):
        return False
    words = [sys.executable, "-m", __package__.partition(".")[0], "train", *_words_of(arguments, model, group)]
    environment = held_elsewhere(inputs.run.path)
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        code = subprocess.run(
            words, stdout=subprocess.DEVNULL, stderr=log, env=environment, preexec_fn=end_with_parent
        ).returncode
        log.seek(0)
        printed = log.read()
    if code == 0:
        return True
    errors = [line.removeprefix(_ERROR) for line in printed.splitlines() if line.startswith(_ERROR)]
    if errors:
        raise InputError(errors[0])
    raise RuntimeError(f"its processes ended with exit code {code}: {printed[-_MOST_CHARACTERS:].strip()}")


def _words_of(arguments: TrainArguments, model: PlannedModel, group: Group) -> list[str]:
    """The options that the command trains one model with under accelerate, where they are not its defaults."""
    ours = {entry.name for entry in fields(TrainArguments)} - {entry.name for entry in fields(ExecutorArguments)}
    defaults = vars(TrainArguments()) | trainer_defaults(TrainArguments)
    given = {name: getattr(arguments, name) for name in ours - _NOT_OF_A_GROUP} | arguments.trainer
    given = {name: value for name, value in given.items() if value != defaults[name]}
    given |= {"model": model.id, "accelerate_config": group.config}
    own = [word for name, value in given.items() for word in _option(name, plain(value))]
    return [*own, "--num_processes", str(group.processes), "--main_process_port", "0"]


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, list):
        return [f"--{name}", *map(str, value)]
    text = json.dumps(value) if isinstance(value, dict | bool) else str(value)
    return [f"--{name}={text}"]
