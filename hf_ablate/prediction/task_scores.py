"""The results of downstream tasks as losses, as far as they can stand beside the scores of a study on text."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..evaluation.scoring.right_answers import BITS_PER_BYTE
from ..evaluation.scoring.task_results import TASKS, read_results
from ..manifest import read_manifest
from ..run_folder import RunFolder, split_model_id


logger = logging.getLogger(__name__)
ERROR_RATE = "error_rate"
TASK_METRICS = (BITS_PER_BYTE, ERROR_RATE)
_UNITS = {BITS_PER_BYTE: "bits per byte", ERROR_RATE: "error rate"}
_ACCURACIES = ("acc", "exact_match", "acc_norm")  # the first that a task has
_QUESTIONS = ("limit", "num_fewshot", "version")
_SETTING = (*_QUESTIONS, "dtype", "max_length", "lm_eval")
_MOST_NAMED = 5  # models in a message


@dataclass(frozen=True)
class TaskScores:
    """The losses of models on one task; lower is better.

    Args:
        task (`str`): its name in lm-eval.
        unit_of_measure (`str`): `bits per byte` (of the right answer) or `error rate`.
        setting (`tuple`): how all of them were asked: documents, examples, versions.
        losses (`dict[str, float]`): model id → its loss.
    """

    task: str
    unit_of_measure: str
    setting: tuple
    losses: Mapping[str, float]

    @property
    def questions(self) -> tuple:
        """What was asked: how many documents, after how many examples, of which version of the task."""
        return self.setting[: len(_QUESTIONS)]


def read_task_scores(run_dir: Path, metric: str = BITS_PER_BYTE) -> list[TaskScores]:
    """The tasks that models of a study have results of, in alphabetical order.

    Results of models as they were before they were trained again do not count. Of results under several settings, such
    as other numbers of documents, those that most models have do.

    Args:
        run_dir (`Path`): of a scored study.
        metric (`str`): one of [`TASK_METRICS`]; a task without right answers to score counts by its error rate.
    """
    folder = RunFolder(run_dir).scores
    digests = {model: facts["digest"] for model, facts in read_manifest(folder)["models"].items()}
    by_task: dict[str, dict[tuple, dict[str, dict[str, float]]]] = {}
    for rows in read_results(folder).values():
        first = rows[0]
        if digests.get(first["model"]) == first["model_digest"]:
            setting = tuple(first[name] for name in _SETTING)
            models = by_task.setdefault(first["task"], {}).setdefault(setting, {})
            models[first["model"]] = {row["metric"]: row["value"] for row in rows}
    found = (_scores_of(task, by_task[task], metric) for task in sorted(by_task))
    return [scores for scores in found if scores is not None]


def _scores_of(task: str, by_setting: Mapping[tuple, dict[str, dict[str, float]]], metric: str) -> TaskScores | None:
    setting, models = max(by_setting.items(), key=lambda entry: len(entry[1]))
    names = list(dict.fromkeys(name for values in models.values() for name in values))
    accuracy = next((name for one in _ACCURACIES for name in names if name.partition("/")[0] == one), None)
    if BITS_PER_BYTE in names and (metric == BITS_PER_BYTE or accuracy is None):
        if metric != BITS_PER_BYTE:
            logger.warning("task %s counts by bits per byte: it has no accuracy", task)
        losses = {model: values[BITS_PER_BYTE] for model, values in models.items() if BITS_PER_BYTE in values}
        return TaskScores(task, _UNITS[BITS_PER_BYTE], setting, losses)
    if accuracy is None:
        logger.warning(
            "task %s is left out: it has neither bits per byte of a right answer nor an accuracy; its metrics are %s",
            task, ", ".join(names),
        )  # fmt: skip
        return None
    if metric != ERROR_RATE:
        logger.warning("task %s counts by error rate: no bits per byte of its right answers are recorded", task)
    losses = {model: 1 - values[accuracy] for model, values in models.items() if accuracy in values}
    return TaskScores(task, _UNITS[ERROR_RATE], setting, losses)


def has_all(scores: TaskScores, models: Iterable[str]) -> bool:
    """Whether a task has scores of all these models; if not, a line says which lack, and how to get them.

    Args:
        scores ([`TaskScores`]): of the task.
        models (`Iterable[str]`): ids of the models that have to have them.
    """
    missing = [model for model in models if model not in scores.losses]
    if missing:
        kinds = Counter(split_model_id(model)[0] for model in missing)
        logger.warning(
            "task %s is left out: %s without its result (%s%s); `hf-ablate evaluate --tasks %s` with the study's "
            "other options runs what is missing",
            scores.task,
            " and ".join(f"{count} {kind} model{'s' * (count > 1)}" for kind, count in kinds.items()),
            ", ".join(missing[:_MOST_NAMED]), ", …" if len(missing) > _MOST_NAMED else "", scores.task,
        )  # fmt: skip
    return not missing


def task_name(task: str) -> str:
    """What a task is called among the targets.

    Example:

    ```python
    >>> task_name("hellaswag")
    'tasks/hellaswag'

    ```
    """
    return f"{TASKS}/{task}"
