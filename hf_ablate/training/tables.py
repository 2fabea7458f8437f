"""What `hf-ablate train` prints: the cost of what is missing, and what was trained."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..manifest import read_manifest
from ..run_folder import RunFolder, split_model_id
from ..text_table import text_table
from .pool import PlannedModel


def print_cost(
    missing: Sequence[Mapping[str, Any]], every_mixture: Sequence[Mapping[str, Any]], as_json: bool
) -> None:
    """Print the cost of the missing models and, for comparison, of a model for every mixture.

    Args:
        missing (`Sequence[Mapping[str, Any]]`): a row per missing model, from [`cost_rows`].
        every_mixture (`Sequence[Mapping[str, Any]]`): a row per candidate mixture.
        as_json (`bool`): JSON instead of a table.
    """
    instead = _total("a model for every mixture instead", every_mixture)
    if as_json:
        print(json.dumps({"missing": missing, "every_mixture": instead}, ensure_ascii=False))
    else:
        print_costs_of([*missing, _total(f"{len(missing)} models", missing), *([instead] if every_mixture else [])])


def print_nothing_missing() -> None:
    """Print that there is nothing to train."""
    print("nothing to train: every model is there")


def print_forecast_of_each(costs: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print the cost of one model of each kind, where the corpus will decide how many there are.

    Args:
        costs (`Sequence[Mapping[str, Any]]`): from [`costs_of_each`].
        as_json (`bool`): JSON instead of a table.
    """
    if as_json:
        print(json.dumps({"each": costs}, ensure_ascii=False))
        return
    if costs:
        print_costs_of(costs)
    print("The corpus decides how many models there are; their total follows when it is partitioned.")


def print_costs_of(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a table of costs: tokens, operations and, where the device is known, its hours.

    Args:
        rows (`Sequence[Mapping[str, Any]]`): from [`cost_rows`], or sums of such rows.
    """
    cells = [
        [_label(row), f"{row['tokens']:,} tokens", f"{row['flops']:.3g} FLOPs"]
        + ([f"{row['device_hours']:,.2f} GPU hours"] if "device_hours" in row else [])
        for row in rows
    ]
    print(text_table(cells[0], cells[1:]))
    for note in dict.fromkeys(row["flops_note"] for row in rows if "flops_note" in row):
        print(f"FLOPs: {note}")


def _total(label: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    keys = [key for key in ("tokens", "flops", "device_hours") if key in (rows[0] if rows else {"tokens", "flops"})]
    return {"model": label, "models": len(rows)} | {key: sum(row[key] for row in rows) for key in keys}


def _label(row: Mapping[str, Any]) -> str:
    kind, _ = split_model_id(row["model"])
    return f"{kind}: {row['name']}" if kind == "reference" else row["model"]


def print_trained(models: Sequence[PlannedModel], run: RunFolder, as_json: bool) -> None:
    """Print what was spent on the models that were missing.

    Args:
        models (`Sequence[PlannedModel]`): the models, all finished.
        run (`RunFolder`): of the study.
        as_json (`bool`): JSON instead of a table.
    """
    manifests = [read_manifest(run.model(model.id)) for model in models]
    rows = [
        {key: manifest[key] for key in ("model", "tokens", "flops", "seconds")}
        | {"name": model.mixture.name if model.mixture else ""}
        for manifest, model in zip(manifests, models, strict=True)
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    cells = [
        [_label(row), f"{row['tokens']:,} tokens", f"{row['flops']:.3g} FLOPs", f"{row['seconds']:.1f} s"]
        for row in rows
    ]
    print(text_table(cells[0], cells[1:]))
