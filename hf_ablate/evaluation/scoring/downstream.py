"""`hf-ablate evaluate --tasks …`: downstream tasks through lm-eval, for saved models and for merges in memory.

Results are in files of their own, `tasks*.jsonl`, in the folder of the score rows: an accuracy is not a sum of
log-probabilities, and the two are never mixed. lm-eval reads the tasks' data, from the Hub for its own tasks.
"""

import functools
import json
import logging
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...errors import InputError, unknown_name
from ...mixtures.mixture import mixture_keys
from ...records import print_csv, records_text
from ...text_table import text_table
from ..models.loading import default_device, load_model
from ..models.scored_model import ScoredModel
from ..rows import append_json_lines, repair_last_line
from .families import Family
from .harness import TaskHarness, quiet
from .measurement import Measurement
from .mixture_scorer import MixtureScorer
from .processes import Processes


logger = logging.getLogger(__name__)
# Those of the method's paper, as lm-eval calls them.
PAPER_TASKS = (
    "piqa", "hellaswag", "winogrande", "openbookqa", "boolq", "sciq", "arc_easy", "arc_challenge", "copa", "rte", "cb",
    "mrpc", "sst2",
)  # fmt: skip
TASKS = "tasks"
_KEY = ("model", "model_digest", "task", "limit", "dtype", "max_length", "lm_eval")


def evaluate_tasks(
    families: list[Family],
    tasks: list[str],
    tasks_dir: Path | None,
    folder: Path,
    processes: Processes,
    output_format: str,
) -> None:
    """Run the tasks that models have no results of yet, and print all results.

    Ensembles are left out: they average the probabilities of given text, and are not models.

    Args:
        families (`list[Family]`): the models.
        tasks (`list[str]`): names of tasks, also several separated by commas, or `paper`.
        tasks_dir (`Path`, *optional*): a folder of the user's own task files.
        folder (`Path`): where results are.
        processes (`Processes`): which of several processes this is.
        output_format (`str`): how results are printed: `table`, `json` or `csv`.

    Raises:
        `InputError`: if lm-eval is not installed, does not know a task, or cannot get its data.
    """
    managers = _known_tasks(tasks, tasks_dir)
    models = [(family, model) for family in families for model in family.models if model.folder or model.is_merge]
    known = _read(folder)
    work = [
        (family, model, missing)
        for family, model in models
        if (missing := [task for task in managers if _key(family.measurement, model, task) not in known])
    ]
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
                loaded = scorers[id(family)].merged_model(model.mixture)
            alike = (family.measurement.tokenizer_digest, family.measurement.max_length)
            if alike not in harnesses:
                harnesses[alike] = TaskHarness(managers, family.tokenizer, family.measurement)
            results = harnesses[alike].run(loaded, missing)
            append_json_lines(
                path,
                [_identity(family.measurement, model, task) | row for task in missing for row in results[task]],
            )
    processes.wait()
    if processes.index == 0:
        asked = {_key(family.measurement, model, task) for family, model in models for task in managers}
        rows = [row for key, some in _read(folder).items() if key in asked for row in some]
        _print(rows, output_format)


def _known_tasks(tasks: list[str], tasks_dir: Path | None) -> dict[str, Any]:
    """Task → the manager of lm-eval that knows it: of the user's own tasks, or of lm-eval's (slow to make)."""
    try:
        with quiet():
            from lm_eval.tasks import TaskManager
    except ImportError as error:
        raise InputError("`tasks` needs lm-eval, which is not installed: pip install 'hf_ablate[tasks]'") from error
    if tasks_dir and not tasks_dir.is_dir():
        raise InputError(f"tasks_dir {tasks_dir} is not a folder (looked for {tasks_dir.resolve()})")
    given = [name for text in tasks for name in text.split(",") if name]
    names = dict.fromkeys(name for one in given for name in (PAPER_TASKS if one == "paper" else (one,)))
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


def _identity(measurement: Measurement, model: ScoredModel, task: str) -> dict[str, Any]:
    return model.identity | {
        "task": task,
        "limit": measurement.limit,
        "dtype": measurement.dtype,
        "max_length": measurement.max_length,
        "lm_eval": version("lm_eval"),
    }


def _key(measurement: Measurement, model: ScoredModel, task: str) -> tuple:
    identity = _identity(measurement, model, task)
    return tuple(identity[name] for name in _KEY)


def _read(folder: Path) -> dict[tuple, list[dict]]:
    """Key → the rows of a task under a model, one a metric; of equal ones the later."""
    by_key: dict[tuple, dict[str, dict]] = {}
    for path in sorted(folder.glob(f"{TASKS}*.jsonl")):
        repair_last_line(path)
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            by_key.setdefault(tuple(row[name] for name in _KEY), {})[row["metric"]] = row
    return {key: list(rows.values()) for key, rows in by_key.items()}


def _print(rows: list[dict], output_format: str) -> None:
    records = [row | mixture_keys(row["model"], row["mixture"]) for row in rows]
    if output_format == "json":
        print(records_text({"tasks": records}))
        return
    if output_format == "csv":
        print_csv(records)
        return
    lines = []
    for row in records:
        error = "" if row["stderr"] is None else f"{row['stderr']:.4f}"
        value = f"{row['value']:.4f}"
        lines.append([row["kind"], row["name"], row["task"], row["metric"], value, error, str(row["num_docs"])])
    headers = ["kind", "model", "task", "metric", "value", "stderr", "documents"]
    print(text_table(headers, lines, left=(0, 1), keys=2))
