"""Metrics for the `evaluate` library, each in a self-contained folder: `evaluate.load(folder)`, or [`load_metric`]."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import unknown_name


if TYPE_CHECKING:
    from evaluate import EvaluationModule


def load_metric(name: str) -> "EvaluationModule":
    """A metric of this package as an `evaluate` module, wherever the package is installed.

    Args:
        name (`str`): `perplexities` or `rank_agreement`; their `compute` methods say what they take.

    Raises:
        `InputError`: for another name.

    Example:

    ```python
    >>> metric = load_metric("perplexities")
    >>> sums = {"num_tokens": [4], "num_chars": [8], "num_words": [2], "num_bytes": [8]}
    >>> round(metric.compute(sum_logprob=[-5.5452], **sums)["ppl_token"], 3)
    4.0

    ```
    """
    known = sorted(path.parent.name for path in Path(__file__).parent.glob("*/app.py"))
    if name not in known:
        raise unknown_name("metric", name, known)
    import evaluate

    return evaluate.load(str(Path(__file__).parent / name))
