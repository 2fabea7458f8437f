"""What `hf-ablate train` prints: the cost of what is missing, and what was trained."""

import json

from ..manifest import read_manifest
from .arguments import TrainArguments
from .pool import PlannedModel


def print_cost(arguments: TrainArguments, rows: list[dict]) -> None:
    if arguments.output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    if not rows:
        print("nothing to train: every model is there")
        return
    width = max(len(_label(row)) for row in rows)
    for row in [*rows, _total(rows)]:
        print(f"{_label(row):<{width}}  {row['tokens']:>15,} tokens  {row['flops']:>10.3g} FLOPs")


def _label(row: dict) -> str:
    return f"reference: {row['name']}" if row["model"].startswith("reference:") else row["model"]


def _total(rows: list[dict]) -> dict:
    return {
        "model": f"{len(rows)} models", "tokens": sum(row["tokens"] for row in rows),
        "flops": sum(row["flops"] for row in rows),
    }  # fmt: skip


def print_trained(arguments: TrainArguments, models: list[PlannedModel]) -> None:
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
