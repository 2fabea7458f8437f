"""What training logged of a model, over the tokens that it had seen."""

import json
from pathlib import Path
from typing import Any

from ..manifest import read_manifest
from ..mixtures.ranked import MEAN


# (tokens seen, value) during training
Points = list[tuple[int, float]]
_SCORE = "eval_bits_per_byte"


def read_log(folder: Path) -> tuple[Points, dict[str, Points]]:
    """The training loss of a model and, by domain, the bits per byte of held-out text where training evaluated.

    Args:
        folder (`Path`): of a finished model; one that was not trained here logged nothing.

    Returns:
        `tuple`: the losses, in nats per token; and `mean`, source or source/domain → bits per byte.
    """
    rows = _metrics(folder)
    return _points(rows, "loss"), _evaluations(rows)


def _metrics(folder: Path) -> list[dict[str, Any]]:
    """What training logged, each row with the `tokens` seen; the last step is all tokens of the model."""
    path = folder / "metrics.jsonl"
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    last, tokens = max((row.get("step") or 0 for row in rows), default=0), read_manifest(folder)["tokens"]
    return [row | {"tokens": round(row["step"] / last * tokens)} for row in rows if last and "step" in row]


def _evaluations(rows: list[dict[str, Any]]) -> dict[str, Points]:
    keys = dict.fromkeys(key for row in rows for key in row if key == _SCORE or key.startswith(f"{_SCORE}/"))
    curves = {key.removeprefix(_SCORE).removeprefix("/") or MEAN: _points(rows, key) for key in keys}
    return {name: points for name, points in curves.items() if points}


def _points(rows: list[dict[str, Any]], key: str) -> Points:
    return [(row["tokens"], row[key]) for row in rows if row.get(key) is not None]
