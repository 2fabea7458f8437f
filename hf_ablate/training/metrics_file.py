"""`metrics.jsonl`, what a model's training has logged so far: one JSON object a line."""

import json
from pathlib import Path
from typing import Any


METRICS = "metrics.jsonl"


def logged_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows in a model's folder; a line that is just being written is left out."""
    path = folder / METRICS
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []
    return [json.loads(line) for line in lines]
