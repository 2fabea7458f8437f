"""`hf-ablate evaluate --tasks …`: downstream tasks through lm-eval, for saved models and for merges in memory.

Results stand beside the score rows in files of their own, `tasks*.jsonl`: an accuracy is no sum of log-probabilities,
and is never mixed with those. lm-eval reads the tasks' data, from the Hub for its own tasks.
"""

import csv
import functools
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError, unknown_name
from ..hub_errors import hub_error
from ..text_table import text_table
from .arguments import EvaluateArguments
from .groups import Group, load_pool, make_group
from .loading import default_device, load_model
from .models import ScoredModel
from .processes import Processes
from .processor import fast_processor
from .rows import append_json_lines, repair_last_line


logger = logging.getLogger(__name__)
# Those of the method's paper, as lm-eval calls them.
PAPER_TASKS = (
    "piqa", "hellaswag", "winogrande", "openbookqa", "boolq", "sciq", "arc_easy", "arc_challenge", "copa", "rte", "cb",
    "mrpc", "sst2",
)  # fmt: skip
TASKS = "tasks"
_BATCH_SIZE = 8
_KEY = ("model", "model_digest", "task", "limit", "dtype", "max_length", "lm_eval")


def evaluate_tasks(arguments: EvaluateArguments, families: list[list[ScoredModel]], processes: Processes) -> None:
    """Give the models the tasks that they have no results of yet, and print all results.

    Ensembles are left out: they are averages of probabilities of given text, and no models.

    Raises:
        `InputError`: if lm-eval is not installed, does not know a task, or cannot get its data.
    """
    managers = _known_tasks(arguments)
    groups = [make_group(arguments, family) for family in families]
    known = _read(arguments.scores_dir)
    work = [
        (group, model, missing)
        for group in groups
        for model in group.models
        if model.kind != "ensemble"
        and (missing := [name for name in managers if _key(arguments, group, model, name) not in known])
    ]
    processes.wait()  # all have read what is there before the first writes
    path = arguments.scores_dir / processes.file_name(TASKS)
    pools: dict[int, Any] = {}
    for number, (group, model, missing) in enumerate(processes.share(work), start=1):
        logger.info("[%d/%d] %s: %s", number, len(processes.share(work)), model.name, ", ".join(missing))
        loaded, results = _in_memory(group, model, pools), {}
        for manager in set(managers[name] for name in missing):
            tasks = [name for name in missing if managers[name] is manager]
            results |= _run_tasks(loaded, group, tasks, manager, arguments.limit)
        append_json_lines(
            path, [_identity(arguments, group, model, name) | row for name in missing for row in results[name]]
        )
    processes.wait()
    if processes.index == 0:
        wanted = {
            _key(arguments, group, model, name) for group in groups for model in group.models for name in managers
        }
        rows = [row for key, some in _read(arguments.scores_dir).items() if key in wanted for row in some]
        _print(rows, {model.id: model.name for group in groups for model in group.models}, arguments.output_format)


def _known_tasks(arguments: EvaluateArguments) -> dict[str, Any]:
    """Task → the manager of lm-eval that knows it: of the user's own tasks, or of lm-eval's (slow to make)."""
    try:
        with _quiet():
            from lm_eval.tasks import TaskManager
    except ImportError as error:
        raise InputError("`tasks` needs lm-eval, which is not installed: pip install 'hf_ablate[tasks]'") from error
    if arguments.tasks_dir and not arguments.tasks_dir.is_dir():
        raise InputError(f"tasks_dir {arguments.tasks_dir} is no folder (looked for {arguments.tasks_dir.resolve()})")
    given = [name for text in arguments.tasks for name in text.split(",") if name]
    names = dict.fromkeys(name for one in given for name in (PAPER_TASKS if one == "paper" else (one,)))
    found = {}
    if arguments.tasks_dir:
        own = TaskManager(include_path=str(arguments.tasks_dir), include_defaults=False)
        found = {name: own for name in names if name in own.all_subtasks}
    if len(found) == len(names):
        return found
    manager = default_tasks()
    for name in names:
        if name not in found and name not in manager.all_subtasks:
            near = str(unknown_name("task", name, list(manager.all_subtasks))).partition(" Known: ")[0]
            raise InputError(f"{near} `lm_eval ls tasks` lists those of lm-eval; `tasks_dir` holds your own")
    return {name: found.get(name, manager) for name in names}


@functools.cache
def default_tasks():
    """lm-eval's manager of its own tasks; it reads thousands of files."""
    from lm_eval.tasks import TaskManager

    return TaskManager()


def _identity(arguments: EvaluateArguments, group: Group, model: ScoredModel, task: str) -> dict:
    from importlib.metadata import version

    return model.identity | {
        "task": task,
        "limit": arguments.limit,
        "dtype": arguments.dtype,
        "max_length": group.measurement.max_length,
        "lm_eval": version("lm_eval"),
    }


def _key(arguments: EvaluateArguments, group: Group, model: ScoredModel, task: str) -> tuple:
    identity = _identity(arguments, group, model, task)
    return tuple(identity[name] for name in _KEY)


def _read(folder: Path) -> dict[tuple, list[dict]]:
    """Key → the rows of a task under a model, one a metric; of equal ones the later."""
    found: dict[tuple, dict[str, dict]] = {}
    for path in sorted(folder.glob(f"{TASKS}*.jsonl")):
        repair_last_line(path)
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.setdefault(tuple(row[name] for name in _KEY), {})[row["metric"]] = row
    return {key: list(rows.values()) for key, rows in found.items()}


def _in_memory(group: Group, model: ScoredModel, pools: dict[int, Any]):
    if model.folder:
        return load_model(model.folder, group.measurement.dtype, default_device())
    if id(group) not in pools:
        pools[id(group)] = load_pool(group, group.measurement.dtype)
    return pools[id(group)].merge(model.mixture)


def _run_tasks(model, group: Group, tasks: list[str], manager, limit: int | None) -> dict[str, list[dict]]:
    """Task → a row per metric: `metric`, `value`, `stderr`, `num_docs`, `num_fewshot`, `version`."""
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM

    try:
        with fast_processor(model), _quiet():
            harness = HFLM(
                pretrained=model, tokenizer=group.tokenizer, batch_size=_BATCH_SIZE,
                max_length=group.measurement.max_length,
            )  # fmt: skip
            found = simple_evaluate(harness, tasks=tasks, task_manager=manager, limit=limit, log_samples=False)
    except OSError as error:  # the libraries' errors of network and missing data are all of this kind
        raise hub_error(f"the data of {', '.join(tasks)} cannot be read or fetched", error) from error
    rows: dict[str, list[dict]] = {}
    for task in tasks:
        facts = {
            "num_docs": found["n-samples"][task]["effective"],
            "num_fewshot": found["n-shot"][task],
            "version": found["versions"][task],
        }
        results = found["results"][task]
        for name, value in results.items():
            metric, comma, filtered = name.partition(",")
            if not comma or metric.endswith("_stderr") or not isinstance(value, (int, float)):
                continue
            stderr = results.get(f"{metric}_stderr,{filtered}")
            label = metric if filtered == "none" else f"{metric}/{filtered}"
            error = stderr if isinstance(stderr, float) else None
            rows.setdefault(task, []).append({"metric": label, "value": value, "stderr": error} | facts)
    return rows


@contextmanager
def _quiet() -> Iterator[None]:
    """lm-eval sets up logging by itself, and tells of every default it takes."""
    library = logging.getLogger("lm_eval")
    before = library.level
    library.setLevel(logging.ERROR)
    try:
        yield
    finally:
        library.setLevel(before)


def _print(rows: list[dict], names: dict[str, str], output_format: str) -> None:
    if output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    if output_format == "csv":
        writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {"mixture": row["mixture"] and json.dumps(row["mixture"])} for row in rows)
        return
    lines = []
    for row in rows:
        error = "" if row["stderr"] is None else f"{row['stderr']:.4f}"
        value = f"{row['value']:.4f}"
        name = names.get(row["model"], row["model"])
        lines.append([row["kind"], name, row["task"], row["metric"], value, error, str(row["num_docs"])])
    print(text_table(["kind", "model", "task", "metric", "value", "stderr", "documents"], lines, left=(0, 1)))
