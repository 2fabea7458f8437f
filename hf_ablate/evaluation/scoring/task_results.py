"""Results of downstream tasks: where they are, what each depends on, and which are missing; nothing is run."""

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..models.scored_model import ScoredModel
from .families import Family
from .measurement import Measurement


TASKS = "tasks"
# Those of the method's paper, as lm-eval calls them.
PAPER_TASKS = (
    "piqa", "hellaswag", "winogrande", "openbookqa", "boolq", "sciq", "arc_easy", "arc_challenge", "copa", "rte", "cb",
    "mrpc", "sst2",
)  # fmt: skip
NOT_INSTALLED = "`tasks` needs lm-eval, which is not installed: pip install 'hf_ablate[tasks]'"
_KEY = ("model", "model_digest", "task", "limit", "dtype", "max_length", "lm_eval")


def task_names(tasks: list[str]) -> list[str]:
    """The tasks that are asked for, each once.

    Args:
        tasks (`list[str]`): names of tasks, also several separated by commas, or `paper`.

    Example:

    ```python
    >>> task_names(["boolq,copa", "boolq"])
    ['boolq', 'copa']

    ```
    """
    given = [name for text in tasks for name in text.split(",") if name]
    return list(dict.fromkeys(name for one in given for name in (PAPER_TASKS if one == "paper" else (one,))))


def takes_tasks(model: ScoredModel) -> bool:
    """Whether tasks can be run on it: ensembles average the probabilities of given text, and are not models."""
    return model.folder is not None or model.is_merge


def missing_tasks(
    families: list[Family], names: list[str], folder: Path
) -> list[tuple[Family, ScoredModel, list[str]]]:
    """The models that lack results of tasks, each with its family and these tasks.

    Args:
        families (`list[Family]`): the models.
        names (`list[str]`): of the tasks.
        folder (`Path`): where results are.

    Raises:
        `InputError`: if lm-eval, on whose version results depend, is not installed.
    """
    known = read_results(folder)
    work = []
    for family in families:
        for model in filter(takes_tasks, family.models):
            missing = [task for task in names if result_key(family.measurement, model, task) not in known]
            if missing:
                work.append((family, model, missing))
    return work


def result_identity(measurement: Measurement, model: ScoredModel, task: str) -> dict[str, Any]:
    """The fields of a model's results of a task that say of what they are.

    Args:
        measurement (`Measurement`): how the model is measured.
        model (`ScoredModel`): the model.
        task (`str`): the name of the task.

    Raises:
        `InputError`: if lm-eval, on whose version results depend, is not installed.
    """
    try:
        lm_eval = version("lm_eval")
    except PackageNotFoundError as error:
        raise InputError(NOT_INSTALLED) from error
    names = ("limit", "dtype", "max_length")
    return model.identity | {"task": task, **{name: getattr(measurement, name) for name in names}, "lm_eval": lm_eval}


def result_key(measurement: Measurement, model: ScoredModel, task: str) -> tuple:
    """What identifies a model's results of a task, see [`read_results`].

    Args:
        measurement (`Measurement`): how the model is measured.
        model (`ScoredModel`): the model.
        task (`str`): the name of the task.
    """
    identity = result_identity(measurement, model, task)
    return tuple(identity[name] for name in _KEY)


def read_results(folder: Path) -> dict[tuple, list[dict]]:
    """Key → the rows of a task under a model, one a metric; of equal ones the later. A torn last line is left out."""
    by_key: dict[tuple, dict[str, dict]] = {}
    for path in sorted(folder.glob(f"{TASKS}*.jsonl")):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                row = json.loads(line)
                by_key.setdefault(tuple(row[name] for name in _KEY), {})[row["metric"]] = row
    return {key: list(rows.values()) for key, rows in by_key.items()}
