"""`hf-ablate evaluate --tasks …`: downstream tasks through lm-eval, for saved models and for merges in memory.

Results are in files of their own, `tasks*.jsonl`, in the folder of the score rows: an accuracy is not a sum of
log-probabilities, and the two are never mixed. lm-eval reads the tasks' data, from the Hub for its own tasks.
"""

import functools
import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ...errors import InputError, unknown_name
from ..models.loading import default_device, load_model
from ..rows import append_json_lines
from .families import Family
from .harness import TaskHarness, quiet
from .mixture_scorer import MixtureScorer
from .processes import Processes
from .task_results import (
    NOT_INSTALLED,
    TASKS,
    missing_tasks,
    read_results,
    result_identity,
    result_key,
    takes_tasks,
    task_names,
)


logger = logging.getLogger(__name__)


def evaluate_tasks(
    families: list[Family],
    tasks: list[str],
    tasks_dir: Path | None,
    folder: Path,
    processes: Processes,
) -> list[dict[str, Any]]:
    """Run the tasks that models have no results of yet.

    Ensembles are left out, see [`takes_tasks`].

    Args:
        families (`list[Family]`): the models.
        tasks (`list[str]`): names of tasks, also several separated by commas, or `paper`.
        tasks_dir (`Path`, *optional*): a folder of the user's own task files.
        folder (`Path`): where results are.
        processes (`Processes`): which of several processes this is.

    Returns:
        `list[dict]`: all results that were asked for, a row for each metric of a task under a model.

    Raises:
        `InputError`: if lm-eval is not installed, does not know a task, or cannot get its data.
    """
    managers = known_tasks(tasks, tasks_dir)
    work = missing_tasks(families, list(managers), folder)
    processes.wait()  # all have read what is there before the first writes
    path = folder / processes.file_name(TASKS)
    share = processes.share(work)
    with ExitStack() as resources:
        scorers: dict[int, MixtureScorer] = {}
        harnesses: dict[tuple, TaskHarness] = {}
        for number, (family, model, missing) in enumerate(share, start=1):
            logger.info("[%d/%d] %s: %s", number, len(share), model.name, ", ".join(missing))
            if model.folder:
                loaded = load_model(model.folder, family.measurement.dtype, default_device())
            else:
                if id(family) not in scorers:
                    scorer = MixtureScorer.of_family(family, [], folder)
                    scorers[id(family)] = resources.enter_context(scorer)
                loaded = scorers[id(family)].merged_model(model.coefficients)
            alike = (family.measurement.tokenizer_digest, family.measurement.max_length)
            if alike not in harnesses:
                harnesses[alike] = TaskHarness(managers, family.tokenizer, family.measurement)
            results = harnesses[alike].run(loaded, missing)
            append_json_lines(
                path,
                [result_identity(family.measurement, model, task) | row for task in missing for row in results[task]],
            )
    processes.wait()
    asked = {
        result_key(family.measurement, model, task)
        for family in families
        for model in filter(takes_tasks, family.models)
        for task in managers
    }
    return [row for key, some in read_results(folder).items() if key in asked for row in some]


def known_tasks(tasks: list[str], tasks_dir: Path | None) -> dict[str, Any]:
    """Task → the manager of lm-eval that knows it: of the user's own tasks, or of lm-eval's (slow to make).

    Args:
        tasks (`list[str]`): names of tasks, also several separated by commas, or `paper`.
        tasks_dir (`Path`, *optional*): a folder of the user's own task files.

    Raises:
        `InputError`: if lm-eval is not installed, or does not know a task.
    """
    try:
        with quiet():
            from lm_eval.tasks import TaskManager
    except ImportError as error:
        raise InputError(NOT_INSTALLED) from error
    if tasks_dir and not tasks_dir.is_dir():
        raise InputError(f"tasks_dir {tasks_dir} is not a folder (looked for {tasks_dir.resolve()})")
    names = task_names(tasks)
    managers = {}
    if tasks_dir:
        users = TaskManager(include_path=str(tasks_dir), include_defaults=False)
        managers = {name: users for name in names if name in users.all_subtasks}
    if len(managers) == len(names):
        return managers
    manager = default_tasks()
    for name in names:
        if name not in managers and name not in manager.all_subtasks:
            near = str(unknown_name("task", name, list(manager.all_subtasks))).partition(" Known: ")[0]
            raise InputError(f"{near} `lm_eval ls tasks` lists those of lm-eval; `tasks_dir` holds your own")
    return {name: managers.get(name, manager) for name in names}


@functools.cache
def default_tasks():
    """lm-eval's manager of the tasks that it ships; it reads thousands of files."""
    from lm_eval.tasks import TaskManager

    return TaskManager()
