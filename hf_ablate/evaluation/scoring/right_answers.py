"""What a model gives the right answers of a downstream task, from the log-likelihoods that lm-eval has asked it for.

For a document with context c and right answer a, it is `-log2 p(a | c) / bytes(a)`: bits per byte, the unit of text,
of the words that matter. It moves with every change of a model; accuracy waits until an answer overtakes another.
"""

import math
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from lm_eval.api.task import Task

BITS_PER_BYTE = "bits_per_byte"  # what lm-eval calls it as well, for tasks that are text as a whole


def right_answer_rows(task: "Task") -> list[dict[str, Any]]:
    """The mean over documents of the bits per byte of the right answer; of several right answers, the likeliest's.

    The bytes are those of what is predicted, with the space before an answer where the task puts one there.

    Args:
        task (`Task`): whose requests have been answered.

    Returns:
        `list[dict]`: one row with `metric`, `value`, `stderr` and `num_docs` (documents that have a right answer), or
        none for tasks that generate text, and for those that score text as a whole, which lm-eval does itself.
    """
    from lm_eval.api.task import ConfigurableTask

    if not isinstance(task, ConfigurableTask) or task.OUTPUT_TYPE not in ("multiple_choice", "loglikelihood"):
        return []
    requests: dict[int, dict[int, Any]] = {}
    for request in task.instances:
        requests.setdefault(request.doc_id, {})[request.idx] = request
    bits = []
    for by_position in requests.values():
        right = [by_position[at] for at in _right(task, by_position[0].doc) if at in by_position]
        if found := [_bits_per_byte(request) for request in right if request.args[1]]:
            bits.append(min(found))
    if not bits or not math.isfinite(sum(bits)):
        return []
    error = stdev(bits) / math.sqrt(len(bits)) if len(bits) > 1 else None
    return [{"metric": BITS_PER_BYTE, "value": fmean(bits), "stderr": error, "num_docs": len(bits)}]


def _bits_per_byte(request: Any) -> float:
    log_likelihood, _ = request.resps[0]
    return -log_likelihood / math.log(2) / len(request.args[1].encode("utf-8"))


def _right(task: "Task", document: Mapping[str, Any]) -> list[int]:
    """The positions of the right answers among the requests of a document."""
    if task.OUTPUT_TYPE == "loglikelihood":
        return [0]
    # With one answer in several contexts, such as the sentences of winogrande, the right context is what is asked for.
    right = task.doc_to_text(document) if task.multiple_input else task.doc_to_target(document)
    choices = task.doc_to_choice(document)
    found = [choices.index(one) if one in choices else one for one in (right if isinstance(right, list) else [right])]
    return [one for one in found if isinstance(one, int) and 0 <= one < len(choices)]
