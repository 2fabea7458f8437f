"""Results as Parquet tables, which the Hub shows and `load_dataset` reads."""

import io
import math
from typing import Any

from ..evaluation.row_files import read_current_rows
from ..evaluation.rows import METRICS
from ..mixtures.enumerate import read_mixtures
from ..mixtures.mixture import Mixture
from ..mixtures.ranked import Ranking
from ..ranking.measured import Agreement
from ..run_folder import RunFolder


def result_tables(
    run_folder: RunFolder,
    models: list[dict[str, Any]],
    ranking: Ranking | None = None,
    agreement: Agreement | None = None,
) -> dict[str, bytes]:
    """The tables of a study.

    Args:
        run_folder ([`RunFolder`]): with finished scores and mixtures.
        models (`list[dict]`): the manifests of its trained models.
        ranking ([`Ranking`], *optional*): if the study is ranked.
        agreement ([`Agreement`], *optional*): with the reference models, if the study is ranked.

    Returns:
        `dict[str, bytes]`: name → Parquet file; empty tables are left out.
    """
    tables = {"scores": _scores(run_folder), "mixtures": _mixtures(run_folder), "models": _models(models)}
    if ranking and agreement:
        measured = {name: ranking.content[name] for name in ("metric", "split", "reference_budget")}
        tables |= {
            name: [row | measured for row in content[name]]
            for name, content in (("ranking", ranking.content), ("agreement", agreement.content))
        }
    return {name: _parquet(rows, name) for name, rows in tables.items() if rows}


def _scores(run_folder: RunFolder) -> list[dict]:
    """The study's score rows, with the mixture as a list, and the metrics that follow from the sums."""
    rows = []
    for row in read_current_rows(run_folder.scores):
        values = {metric: getattr(row, metric) for metric in METRICS}
        finite = {metric: value if math.isfinite(value) else None for metric, value in values.items()}
        rows.append({**vars(row), "mixture": _weights(row.mixture), **finite})
    return rows


def _mixtures(run_folder: RunFolder) -> list[dict]:
    return [
        {
            "id": candidate.mixture.id, "name": candidate.mixture.name, "reference": candidate.reference,
            "weights": _weights(candidate.mixture.weights),
        }
        for candidate in read_mixtures(run_folder.path)
    ]  # fmt: skip


def _models(manifests: list[dict[str, Any]]) -> list[dict]:
    names = ("model", "kind", "digest", "seed_digest", "tokenizer_digest", "parameters", "tokens", "flops", "seconds")
    return [
        {**{name: manifest.get(name) for name in names}, "mixture": _weights(manifest.get("mixture"))}
        for manifest in manifests
    ]


def _weights(weights: dict[str, float] | None) -> list[dict] | None:
    """Unit → weight as a list: as a struct, every unit would be a column of its own."""
    return weights and [{"unit": unit, "weight": weight} for unit, weight in Mixture.of(weights).items]


def _parquet(rows: list[dict], name: str) -> bytes:
    """Parquet with types that do not depend on which values happen to be missing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(rows)
    weights = pa.list_(pa.struct([("unit", pa.string()), ("weight", pa.float64())]))
    numbers = {"value", "low", "high", "score", "reference"} if name != "mixtures" else set()
    fields = []
    for column in table.schema:
        kind = weights if column.name in ("mixture", "weights") else column.type
        kind = pa.float64() if column.name in numbers else kind
        fields.append(pa.field(column.name, pa.string() if pa.types.is_null(kind) else kind))
    buffer = io.BytesIO()
    pq.write_table(table.cast(pa.schema(fields)), buffer)
    return buffer.getvalue()
