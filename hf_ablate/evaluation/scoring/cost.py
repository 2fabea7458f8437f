"""What scoring costs: tokens, operations and seconds of forward passes, in files that grow beside the score rows."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..models.scored_model import ScoredModel
from ..rows import append_json_lines
from ..text.tokens import TokenisedSource
from ..text.windows import rolling_windows
from .families import Family
from .processes import ALONE, Processes


COSTS = "costs"  # and `.jsonl`, or the number of a process and that


class ScoringCosts:
    """What scoring the models of a family costs, and has cost.

    Args:
        folder (`Path`): where the score rows are.
        family (`Family`): the models.
        processes (`Processes`): which of several processes this is; each writes to a file of its own.
    """

    def __init__(self, folder: Path, family: Family, processes: Processes = ALONE) -> None:
        self.path = folder / processes.file_name(COSTS)
        self.family = family

    def of_passes(self, sources: Iterable[TokenisedSource]) -> dict[str, Any]:
        """Tokens that are predicted, and operations of one model's forward passes over the windows that predict them.

        The last window of a document reads tokens again that were predicted before; padding does not count.
        """
        sources = list(sources)
        tokens = sum(int(source.stream.num_tokens.sum()) for source in sources)
        return {"tokens": tokens, "flops": sum(self._flops(source) for source in sources), **self.family.size.noted}

    def _flops(self, source: TokenisedSource) -> int:
        windows = rolling_windows(source.stream, self.family.measurement.max_length)
        lengths, counts = np.unique(windows.length, return_counts=True)
        return sum(
            self.family.size.forward_flops(int(count * length), int(length))
            for length, count in zip(lengths, counts, strict=True)
        )

    def add(self, model: ScoredModel, source: TokenisedSource, seconds: float) -> None:
        """Record that a model has been scored on a source, an ensemble without forward passes of its own.

        Args:
            model (`ScoredModel`): the model.
            source (`TokenisedSource`): the text.
            seconds (`float`): that it took.
        """
        is_derived = model.pool is not None and not model.is_merge
        passes = self.of_passes([] if is_derived else [source])
        row = {
            "model": model.id, "model_digest": model.digest, "source": source.source.name,
            "data_digest": source.source.digest, **passes, "seconds": round(seconds, 3),
        }  # fmt: skip
        append_json_lines(self.path, [row])


def read_costs(folder: Path) -> list[dict[str, Any]]:
    """What scoring has cost, a row per model and source; a torn last line is left out."""
    lines = [line for path in sorted(folder.glob(f"{COSTS}*.jsonl")) for line in path.read_bytes().splitlines(True)]
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def sum_costs(costs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The sums of costs, `tokens` and `flops`, and the note about operations where one has it."""
    costs = list(costs)
    notes = [cost["flops_note"] for cost in costs if "flops_note" in cost]
    return {name: sum(cost[name] for cost in costs) for name in ("tokens", "flops")} | (
        {"flops_note": notes[0]} if notes else {}
    )


def costs_by_kind(
    rows: Iterable[Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]], data: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The sums over rows of models and text as they are now, by kind of model.

    Args:
        rows (`Iterable[Mapping[str, Any]]`): from [`read_costs`].
        models (`Mapping[str, Mapping[str, Any]]`): id → `kind` and `digest`.
        data (`Mapping[str, str]`): source → digest.

    Returns:
        `list[dict]`: `kind`, `models`, `tokens`, `flops`, `seconds` (those of all processes together), and
        `flops_note` where the size of the models is not known.
    """
    current = [
        row
        for row in rows
        if models.get(row["model"], {}).get("digest") == row["model_digest"]
        and data.get(row["source"]) == row["data_digest"]
    ]
    by_kind = []
    for kind in dict.fromkeys(model["kind"] for model in models.values()):
        of_kind = [row for row in current if models[row["model"]]["kind"] == kind]
        if of_kind:
            seconds = round(sum(row["seconds"] for row in of_kind), 3)
            number = len({row["model"] for row in of_kind})
            by_kind.append({"kind": kind, "models": number, **sum_costs(of_kind), "seconds": seconds})
    return by_kind
