"""Score rows in the result shapes of other evaluators: PALOMA's tables and lm-eval's results files."""

import gzip
import json
import math
import re
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..manifest import atomic_path, write_json
from .rows import METRICS, ScoreRow, add_rows
from .text.sources import SAMPLE_SEED


_TOO_LARGE = 1e30  # what PALOMA's evaluator writes for a perplexity that does not fit a float
_LM_EVAL_METRICS = {"word_perplexity": "ppl_word", "byte_perplexity": "ppl_byte", "bits_per_byte": "bits_per_byte"}


def export_rows(folder: Path, rows: list[ScoreRow], created: str, shapes: list[str]) -> None:
    """Write rows in the given shapes: `paloma` to `folder/paloma`, `lm_eval` to `folder/lm_eval`.

    Args:
        folder (`Path`): where they are written.
        rows (`list[ScoreRow]`): of any models and sources.
        created (`str`): when they were scored, ISO format.
        shapes (`list[str]`): `paloma`, `lm_eval`, both or none.
    """
    if "paloma" in shapes:
        for name, table in paloma_tables(rows, created).items():
            with atomic_path(folder / "paloma" / f"{name}.jsonl.gz") as temporary, open(temporary, "wb") as file:
                text = "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in table)
                file.write(gzip.compress(text.encode(), mtime=0))
    if "lm_eval" in shapes:
        for model, results in lm_eval_results(rows, created).items():
            path = folder / "lm_eval" / _sanitized(model) / f"results_{created.replace(':', '-')}.json"
            write_json(path, results)


def paloma_tables(rows: list[ScoreRow], created: str) -> dict[str, list[dict[str, Any]]]:
    """PALOMA's tables, as OLMo-Eval writes them: table name → one row per model.

    For a task `ppl_<source>` there is a table `<metric>_<task>_subdomains` for each metric, with a column per domain,
    and a table `<task>` with the metrics of the whole source.
    """
    tables: dict[str, list[dict[str, Any]]] = {}
    for (_, source), some in _by_model_and_source(rows).items():
        task, whole = f"ppl_{source}", add_rows(some, source)
        header = {
            "date": datetime.fromisoformat(created).strftime("%Y-%m-%d %H:%M:%S UTC"),
            "model": whole.model,
            "model_kwargs": {},
            "full_model": f"lm::pretrained={whole.model}",
            "task": task,
            "processing_time": None,
            "num_instances": whole.num_docs,
            "tango_workspace": None,
            "tango_step": None,
        }
        settings = {
            "model_max_length": whole.max_length,
            "limit": whole.limit,
            "split": whole.split,
            "random_subsample_seed": SAMPLE_SEED,
        }
        values = {metric: _finite(getattr(whole, metric)) for metric in METRICS}
        tables.setdefault(task, []).append(header | values | settings)
        domains = [row for row in some if row.domain is not None]
        for metric in METRICS if domains else ():
            values = {row.domain: _finite(getattr(row, metric)) for row in domains}
            tables.setdefault(f"{metric}_{task}_subdomains", []).append(header | values | settings)
    return tables


def lm_eval_results(rows: list[ScoreRow], created: str) -> dict[str, dict[str, Any]]:
    """Model → what lm-eval's results file of it holds: a task per source, and one per domain, `<source>_<domain>`."""
    by_model: dict[str, dict[str, Any]] = {}
    for (model, source), some in _by_model_and_source(rows).items():
        tasks = {source: add_rows(some, source)}
        tasks |= {f"{source}_{row.domain}": row for row in some if row.domain is not None}
        results = by_model.setdefault(model, _lm_eval_header(some[0], created))
        for task, row in tasks.items():
            results["results"][task] = {"alias": task} | _lm_eval_metrics(row)
            results["configs"][task] = {
                "task": task,
                "output_type": "loglikelihood_rolling",
                "test_split" if row.split == "test" else "validation_split": row.split,
                "num_fewshot": 0,
            }
            results["versions"][task] = 1
            results["n-shot"][task] = 0
            results["higher_is_better"][task] = dict.fromkeys(_LM_EVAL_METRICS, False)
            results["n-samples"][task] = {"original": row.num_docs, "effective": row.num_docs}
        results["group_subtasks"][source] = [task for task in tasks if task != source]
    return by_model


def _lm_eval_metrics(row: ScoreRow) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, metric in _LM_EVAL_METRICS.items():
        values[f"{name},none"] = _finite(getattr(row, metric))
        values[f"{name}_stderr,none"] = "N/A"
    return values


def _lm_eval_header(row: ScoreRow, created: str) -> dict[str, Any]:
    arguments = f"pretrained={row.model},dtype={row.dtype},max_length={row.max_length}"
    return {
        "results": {},
        "group_subtasks": {},
        "configs": {},
        "versions": {},
        "n-shot": {},
        "higher_is_better": {},
        "n-samples": {},
        "config": {"model": "hf", "model_args": arguments, "model_dtype": row.dtype, "limit": row.limit},
        "date": datetime.fromisoformat(created).timestamp(),
        "transformers_version": version("transformers"),
        "hf_ablate_version": version("hf_ablate"),
        "model_source": "hf",
        "model_name": row.model,
        "model_name_sanitized": _sanitized(row.model),
    }


def _sanitized(model: str) -> str:
    return re.sub(r"[\"<>:/|\\?*\[\]]+", "__", model)


def _finite(value: float) -> float | None:
    if math.isinf(value):
        return _TOO_LARGE
    return None if math.isnan(value) else value


def _by_model_and_source(rows: list[ScoreRow]) -> dict[tuple[str, str], list[ScoreRow]]:
    groups: dict[tuple[str, str], list[ScoreRow]] = {}
    for row in rows:
        groups.setdefault((row.model, row.source), []).append(row)
    return groups
