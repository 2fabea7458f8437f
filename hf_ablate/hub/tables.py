"""Results as Parquet tables, which the Hub shows and `load_dataset` reads."""

import io
import json
import math
from pathlib import Path
from typing import Any

from ..evaluation.rows import METRICS, read_current_rows
from ..manifest import MANIFEST
from ..mixtures.enumerate import read_mixtures
from ..mixtures.mixture import Mixture


def result_tables(run_dir: Path, models: list[dict[str, Any]]) -> dict[str, bytes]:
    """The tables of a study: name → Parquet file. Ranking and agreement only where the study is ranked.

    Args:
        run_dir (`Path`): with finished scores and mixtures.
        models (`list[dict]`): the manifests of its trained models.
    """
    tables = {"scores": _scores(run_dir), "mixtures": _mixtures(run_dir), "models": _models(models)}
    if (run_dir / "ranking" / MANIFEST).is_file():
        tables["ranking"] = _ranking(_read(run_dir / "ranking" / "ranking.json"))
        tables["agreement"] = _agreement(_read(run_dir / "ranking" / "agreement.json"))
    return {name: _parquet(rows, name) for name, rows in tables.items() if rows}


def _scores(run_dir: Path) -> list[dict]:
    """The score rows of the design, with the mixture as a list and what follows from the sums."""
    rows = []
    for row in read_current_rows(run_dir / "scores"):
        values = {metric: getattr(row, metric) for metric in METRICS}
        finite = {metric: value if math.isfinite(value) else None for metric, value in values.items()}
        rows.append({**vars(row), "mixture": _weights(row.mixture), **finite})
    return rows


def _mixtures(run_dir: Path) -> list[dict]:
    return [
        {
            "id": candidate.mixture.id, "name": candidate.mixture.name, "reference": candidate.reference,
            "weights": _weights(candidate.mixture.weights),
        }
        for candidate in read_mixtures(run_dir)
    ]  # fmt: skip


def _models(manifests: list[dict[str, Any]]) -> list[dict]:
    names = ("model", "kind", "digest", "seed_digest", "tokenizer_digest", "parameters", "tokens", "flops", "seconds")
    return [
        {**{name: manifest.get(name) for name in names}, "mixture": _weights(manifest.get("mixture"))}
        for manifest in manifests
    ]


def _ranking(ranking: dict) -> list[dict]:
    return [
        {
            "target": name, "kind": target["kind"], "source": target["source"], "domain": target["domain"],
            "proxy": proxy, "metric": ranking["metric"], "split": ranking["split"], **entry,
        }
        for name, target in ranking["targets"].items()
        for proxy, entries in target["rankings"].items()
        for entry in entries
    ]  # fmt: skip


def _agreement(agreement: dict) -> list[dict]:
    return [
        {
            "target": name, "group": group, "n": facts["n"], "predictor": predictor, "statistic": statistic,
            "value": found["value"], "low": found["low"], "high": found["high"],
            "reference_budget": agreement["reference_budget"],
        }
        for name, target in agreement["targets"].items()
        for group, facts in target["groups"].items()
        for predictor, statistics in facts["predictors"].items()
        for statistic, found in statistics.items()
        if isinstance(found, dict)
    ]  # fmt: skip


def _weights(weights: dict[str, float] | None) -> list[dict] | None:
    """Unit → weight as a list: as a struct, every unit would be a column of its own."""
    return weights and [{"unit": unit, "weight": weight} for unit, weight in Mixture.of(weights).items]


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _parquet(rows: list[dict], name: str) -> bytes:
    """Parquet with types that do not depend on which values happen to be missing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(rows)
    weights = pa.list_(pa.struct([("unit", pa.string()), ("weight", pa.float64())]))
    numbers = {"value", "low", "high", "score", "reference"} if name != "mixtures" else set()
    fields = []
    for column in table.schema:
        kind = weights if column.name in ("mixture", "weights") and name != "ranking" else column.type
        kind = pa.float64() if column.name in numbers else kind
        fields.append(pa.field(column.name, pa.string() if pa.types.is_null(kind) else kind))
    buffer = io.BytesIO()
    pq.write_table(table.cast(pa.schema(fields)), buffer)
    return buffer.getvalue()
