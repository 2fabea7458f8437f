"""What `hf-ablate train` prints: the cost of what is missing, and what was trained."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..durations import duration_text
from ..manifest import read_manifest
from ..run_folder import RunFolder, split_model_id
from ..text_table import paragraph, text_table
from .identity import PoolInputs
from .pool import PlannedModel


_INSTEAD = "a model for every mixture instead"


def costs_with_total(
    missing: Sequence[Mapping[str, Any]], every_mixture: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The cost of the missing models and, for comparison, of a model for every mixture, as JSON has it.

    Args:
        missing (`Sequence[Mapping[str, Any]]`): a row per missing model, from [`cost_rows`].
        every_mixture (`Sequence[Mapping[str, Any]]`): a row per candidate mixture.
    """
    return {"missing": list(missing), "every_mixture": _total(_INSTEAD, every_mixture)}


def costs_table(missing: Sequence[Mapping[str, Any]], every_mixture: Sequence[Mapping[str, Any]]) -> str:
    """The same as text: a line per model, their total, and a model for every mixture.

    Args:
        missing (`Sequence[Mapping[str, Any]]`): a row per missing model, from [`cost_rows`].
        every_mixture (`Sequence[Mapping[str, Any]]`): a row per candidate mixture.
    """
    instead = [_total(_INSTEAD, every_mixture)] if every_mixture else []
    return table_of([*missing, _total(f"{len(missing)} models", missing), *instead])


def each_table(costs: Sequence[Mapping[str, Any]]) -> str:
    """The cost of one model of each kind as text, where the corpus will decide how many there are.

    Args:
        costs (`Sequence[Mapping[str, Any]]`): from [`costs_of_each`].
    """
    open_total = "The corpus decides how many models there are; their total follows when it is partitioned."
    return "\n".join([*([table_of(costs)] if costs else []), paragraph(open_total)])


def table_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table of costs: tokens, operations and, where the device is known, its hours.

    Args:
        rows (`Sequence[Mapping[str, Any]]`): from [`cost_rows`], or sums of such rows.
    """
    cells = [
        [_label(row), f"{row['tokens']:,} tokens", f"{row['flops']:.3g} FLOPs"]
        + ([f"{row['device_hours']:,.2f} GPU hours"] if "device_hours" in row else [])
        for row in rows
    ]
    notes = dict.fromkeys(row["flops_note"] for row in rows if "flops_note" in row)
    return "\n".join([text_table(None, cells), *(paragraph(f"FLOPs: {note}") for note in notes)])


def _total(label: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    keys = [key for key in ("tokens", "flops", "device_hours") if key in (rows[0] if rows else {"tokens", "flops"})]
    return {"model": label, "models": len(rows)} | {key: sum(row[key] for row in rows) for key in keys}


def _label(row: Mapping[str, Any]) -> str:
    kind, _ = split_model_id(row["model"])
    return f"{kind}: {row['name']}" if kind == "reference" else row["model"]


def shown_name(model: PlannedModel) -> str:
    """What progress calls a model."""
    if model.kind == "component" and len(model.mixture.units) > 1:
        return f"component {split_model_id(model.id)[1]} ({model.mixture.shortened()})"
    return f"{model.kind} {model.name}" if model.mixture else model.kind


def trained_text(model: PlannedModel, inputs: PoolInputs, was_trained: bool) -> str:
    """What progress says of a model that has ended well.

    Args:
        model ([`PlannedModel`]): the model.
        inputs ([`PoolInputs`]): what it is made from.
        was_trained (`bool`): whether there was something to do.
    """
    if not was_trained:
        return f"{shown_name(model)}: unchanged"
    tokens = model.blocks * inputs.corpus.block_size
    seconds = read_manifest(inputs.run.model(model.id))["seconds"]
    return f"{shown_name(model)}: trained on {tokens:,} tokens in {duration_text(seconds)}"


def print_trained(models: Sequence[PlannedModel], run: RunFolder, as_json: bool) -> None:
    """Print what was spent on the models that were missing.

    Args:
        models (`Sequence[PlannedModel]`): those that are finished now; there may be none.
        run (`RunFolder`): of the study.
        as_json (`bool`): JSON instead of a table.
    """
    manifests = [read_manifest(run.model(model.id)) for model in models]
    rows = [
        {key: manifest[key] for key in ("model", "tokens", "flops", "seconds")} | {"name": model.name}
        for manifest, model in zip(manifests, models, strict=True)
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    cells = [
        [_label(row), f"{row['tokens']:,} tokens", f"{row['flops']:.3g} FLOPs", f"{row['seconds']:.1f} s"]
        for row in rows
    ]
    if cells:
        print(text_table(None, cells))
