"""What scoring costs: tokens, operations and seconds of forward passes, in files that grow beside the score rows."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...model_size import ModelSize
from ..models.scored_model import ScoredModel
from ..rows import append_json_lines
from ..text.tokens import TokenisedSource
from ..text.windows import rolling_windows
from .families import Family
from .processes import ALONE, Processes


COSTS = "costs"  # and `.jsonl`, or the number of a process and that


def forward_cost(sources: Iterable[TokenisedSource], size: ModelSize, max_length: int) -> dict[str, Any]:
    """Tokens that are predicted, and operations of one model's forward passes over the windows that predict them.

    The last window of a document reads tokens again that were predicted before; padding does not count.

    Args:
        sources (`Iterable[TokenisedSource]`): the text.
        size (`ModelSize`): of the model.
        max_length (`int`): most tokens that a window predicts.

    Returns:
        `dict[str, Any]`: `tokens`, `flops`, and `flops_note` where the size of the model is not known.
    """
    tokens = flops = 0
    for source in sources:
        tokens += int(source.stream.num_tokens.sum())
        lengths, counts = np.unique(rolling_windows(source.stream, max_length).length, return_counts=True)
        for length, count in zip(lengths.tolist(), counts.tolist(), strict=True):
            flops += size.forward_flops(count * length, length)
    return {"tokens": tokens, "flops": flops, **size.noted}


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
        """What one model's forward passes over some sources cost, see [`forward_cost`]."""
        return forward_cost(sources, self.family.size, self.family.measurement.max_length)

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
