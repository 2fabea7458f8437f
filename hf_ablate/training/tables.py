"""What `hf-ablate train` prints: the cost of what is missing, and what was trained."""

import json

from ..manifest import read_manifest
from .arguments import TrainArguments
from .pool import PlannedModel


def print_cost(arguments: TrainArguments, missing: list[dict], every_mixture: list[dict]) -> None:
    """The cost of the missing models and, for comparison, of a model for every mixture."""
    instead = _total("a model for every mixture instead", every_mixture)
    if arguments.output_format == "json":
        print(json.dumps({"missing": missing, "every_mixture": instead}, ensure_ascii=False))
        return
    if not missing:
        print("nothing to train: every model is there")
        return
    rows = [*missing, _total(f"{len(missing)} models", missing)] + ([instead] if every_mixture else [])
    width = max(len(_label(row)) for row in rows)
    for row in rows:
        hours = f"  {row['device_hours']:>10,.2f} GPU hours" if "device_hours" in row else ""
        print(f"{_label(row):<{width}}  {row['tokens']:>18,} tokens  {row['flops']:>10.3g} FLOPs{hours}")


def _total(label: str, rows: list[dict]) -> dict:
    keys = [key for key in ("tokens", "flops", "device_hours") if key in (rows[0] if rows else {"tokens", "flops"})]
    return {"model": label, "models": len(rows)} | {key: sum(row[key] for row in rows) for key in keys}


def _label(row: dict) -> str:
    return f"reference: {row['name']}" if row["model"].startswith("reference:") else row["model"]


def print_trained(arguments: TrainArguments, models: list[PlannedModel]) -> None:
    """What was spent on the models that were missing."""
    manifests = [read_manifest(model.folder(arguments.run_dir)) for model in models]
    keys = ("model", "tokens", "flops", "seconds")
    rows = [{key: manifest[key] for key in keys} for manifest in manifests]
    for row, model in zip(rows, models, strict=True):
        row["name"] = model.mixture.name if model.mixture else ""
    if arguments.output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    width = max(len(_label(row)) for row in rows)
    for row in rows:
        print(
            f"{_label(row):<{width}}  {row['tokens']:>12,} tokens  {row['flops']:>8.3g} FLOPs {row['seconds']:>7.1f} s"
        )
