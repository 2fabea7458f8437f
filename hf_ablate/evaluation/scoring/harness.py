"""lm-eval's tasks for many models of one tokenizer: loaded, put into words and tokenised once.

This is what `lm_eval.simple_evaluate` does for one model, step by step, with the parts kept that are the same for all.
"""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ...hub_errors import hub_failures
from .fast_cpu import fast_cpu
from .measurement import Measurement
from .right_answers import right_answer_rows


if TYPE_CHECKING:
    from lm_eval.api.task import Task
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


_BATCH_SIZE = 8
_SEED, _OTHER_SEEDS = 0, 1234  # those of `simple_evaluate`: of Python, and of numpy, torch and few-shot examples


class TaskHarness:
    """Runs tasks on models that share a tokenizer.

    Args:
        managers (`dict[str, Any]`): task → lm-eval's manager that knows it.
        tokenizer (`PreTrainedTokenizerBase`): of all models.
        measurement (`Measurement`): says how many documents, and how long windows are.
    """

    def __init__(
        self, managers: dict[str, Any], tokenizer: "PreTrainedTokenizerBase", measurement: Measurement
    ) -> None:
        self.managers, self.tokenizer, self.measurement = managers, tokenizer, measurement
        self._tasks: dict[str, Task] = {}
        self._tokens: dict[tuple, list[int]] = {}

    def run(self, model: "PreTrainedModel", tasks: list[str]) -> dict[str, list[dict]]:
        """Task → a row per metric: `metric`, `value`, `stderr`, `num_docs`, `num_fewshot`, `version`.

        Metrics are those of lm-eval and, see [`right_answer_rows`], the bits per byte of the right answers.

        Raises:
            `InputError`: if the data of a task cannot be had.
        """
        from lm_eval.evaluator import evaluate

        with fast_cpu(model), quiet():
            for task in tasks:
                if task not in self._tasks:
                    self._tasks[task] = self._load(task)
                for request in self._tasks[task].instances:
                    request.resps, request.filtered_resps = [], {}  # of the model before
            _set_seeds()
            evaluated = evaluate(
                lm=self._language_model(model),
                task_dict={"tasks": {task: self._tasks[task] for task in tasks}, "groups": {}},
                limit=self.measurement.limit,
                log_samples=False,
            )
        return {task: _rows(evaluated, task, self._tasks[task]) for task in tasks}

    def _load(self, task: str) -> "Task":
        """A task whose requests are made; asked again, it keeps them."""
        from lm_eval.evaluator_utils import get_sample_size

        _set_seeds()
        # the libraries raise OSError for network failures and missing data alike
        with hub_failures(f"the data of {task} cannot be read or fetched", OSError):
            loaded = self.managers[task].load([task])["tasks"][task]
        if loaded.get_config("num_fewshot") is None:
            loaded.set_config(key="num_fewshot", value=0)
        loaded.set_fewshot_seed(seed=_OTHER_SEEDS)
        loaded.build_all_requests(limit=get_sample_size(loaded, self.measurement.limit))
        loaded.build_all_requests = lambda **options: None
        return loaded

    def _language_model(self, model: "PreTrainedModel") -> Any:
        from lm_eval.models.huggingface import HFLM

        tokens = self._tokens

        class KnownTokens(HFLM):
            def tok_encode(self, string: str, add_special_tokens: bool | None = None, **options: Any) -> list[int]:
                key = (string, add_special_tokens, *sorted(options.items()))
                if key not in tokens:
                    tokens[key] = super().tok_encode(string, add_special_tokens, **options)
                return list(tokens[key])

        return KnownTokens(
            pretrained=model,
            tokenizer=self.tokenizer,
            batch_size=_BATCH_SIZE,
            max_length=self.measurement.max_length,
        )


def _set_seeds() -> None:
    import torch

    random.seed(_SEED)
    np.random.seed(_OTHER_SEEDS)
    torch.manual_seed(_OTHER_SEEDS)


def _rows(evaluated: dict[str, Any], task: str, asked: "Task") -> list[dict]:
    details = {
        "num_docs": evaluated["n-samples"][task]["effective"],
        "num_fewshot": evaluated["n-shot"][task],
        "version": evaluated["versions"][task],
    }
    results = evaluated["results"][task]
    rows = []
    for name, value in results.items():
        metric, comma, filtered = name.partition(",")
        if not comma or metric.endswith("_stderr") or not isinstance(value, (int, float)):
            continue
        stderr = results.get(f"{metric}_stderr,{filtered}")
        label = metric if filtered == "none" else f"{metric}/{filtered}"
        error = stderr if isinstance(stderr, float) else None
        rows.append({"metric": label, "value": value, "stderr": error} | details)
    return rows + [row | details | row for row in right_answer_rows(asked)]


@contextmanager
def quiet() -> Iterator[None]:
    """lm-eval configures logging on import and reports every default that it uses."""
    library = logging.getLogger("lm_eval")
    before = library.level
    library.setLevel(logging.ERROR)
    try:
        yield
    finally:
        library.setLevel(before)
