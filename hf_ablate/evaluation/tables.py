"""Scores as people and programs read them: a table of models and domains, JSON or CSV with every level."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ..mixtures.mixture import ID_EXPLAINED, Mixture, mixture_keys
from ..mixtures.proxies import find_proxy
from ..mixtures.ranked import MEAN
from ..records import print_csv, records_text
from ..text_table import paragraph, text_table
from .row_blocks import RowBlock
from .rows import METRICS, SUMS, ScoreRow, add_rows, target_name


MOST_COLUMNS = 12
_KINDS = {
    "seed": "the model that every component starts from",
    "component": "the seed, trained further on one unit, a named part of the corpus",
    "reference": "a model that was really trained on the mixture",
}


def print_results(blocks: list[RowBlock], tasks: list[dict[str, Any]], output_format: str) -> None:
    """Print scores on text and results of tasks, those that there are, on stdout.

    Args:
        blocks (`list[RowBlock]`): the scores.
        tasks (`list[dict]`): the results.
        output_format (`str`): `table` or `csv`, an empty line between the two, or `json`.
    """
    tasks = [row | mixture_keys(row["model"], row["mixture"]) for row in tasks]
    if output_format == "table":
        print("\n\n".join([*([score_table(blocks)] if blocks else []), *([task_table(tasks)] if tasks else [])]))
        return
    records = ({"scores": levels(blocks)} if blocks else {}) | ({"tasks": tasks} if tasks else {})
    if output_format == "json":
        print(records_text(records))
        return
    for place, some in enumerate(records.values()):
        print("\n" * (place > 0), end="")
        print_csv(some)


def task_table(records: list[dict[str, Any]]) -> str:
    """A table of models × metrics of tasks.

    Args:
        records (`list[dict]`): results of tasks with the names of models.
    """
    lines = []
    for row in records:
        error = "" if row["stderr"] is None else f"{row['stderr']:.4f}"
        value = f"{row['value']:.4f}"
        lines.append([row["kind"], row["name"], row["task"], row["metric"], value, error, str(row["num_docs"])])
    headers = ["kind", "model", "task", "metric", "value", "stderr", "documents"]
    return text_table(headers, lines, left=(0, 1), keys=2)


def levels(blocks: list[RowBlock]) -> list[dict]:
    """Every model's scores on each `domain`, each `source`, all text `pooled`, and as the mean of domains (`mean`).

    Sources and pooled text are sums of rows, so long documents count more; the mean of domains counts every domain
    alike and has no sums. Metrics that are not finite are `None`.
    """
    entries = []
    for own in _by_model(blocks).values():
        some = [row for block in own for row in block]
        sources = [add_rows(part, source) for source, part in _by_source(some).items()]
        pooled = add_rows(some, None)
        for level, group in (("domain", some), ("source", sources), ("pooled", [pooled])):
            for row in group:
                target = level if row.source is None else target_name(row.source, row.domain)
                entries.append(_record(level, target, row))
        means = {"level": MEAN, "target": MEAN} | dict.fromkeys(SUMS) | _means(own)
        entries.append(entries[-1] | means)
    return entries


def _record(level: str, target: str, row: ScoreRow) -> dict[str, Any]:
    values = asdict(row)
    first = {name: values.pop(name) for name in ("source", "domain", "model", "kind")}
    metrics = {metric: number(getattr(row, metric)) for metric in METRICS}
    mixture = mixture_keys(row.model, values.pop("mixture"))
    return {"level": level, "target": target} | first | mixture | values | metrics


def _by_model(blocks: list[RowBlock]) -> dict[str, list[RowBlock]]:
    by_model: dict[str, list[RowBlock]] = {}
    for block in blocks:
        by_model.setdefault(block.model, []).append(block)
    return by_model


def _by_source(rows: list[ScoreRow]) -> dict[str, list[ScoreRow]]:
    by_source: dict[str, list[ScoreRow]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    return by_source


def score_table(blocks: list[RowBlock], metric: str = "bits_per_byte", most: int = 10) -> str:
    """A table of models × domains, or of models × sources where there are many domains.

    It shows the best models of each kind, with their mean of domains and their score on all text pooled.

    Args:
        blocks (`list[RowBlock]`): of any models, sources and domains.
        metric (`str`): one of `METRICS`.
        most (`int`): how many models of each kind are shown, by their mean of domains.
    """
    columns = list(dict.fromkeys((block.source, domain) for block in blocks for domain in block.domains))
    by_source = len(columns) > MOST_COLUMNS
    shown = list(dict.fromkeys(source for source, _ in columns)) if by_source else columns
    titles = shown if by_source else [domain or source for source, domain in columns]
    lines, hidden = [], {}
    by_model = _by_model(blocks)
    for kind in dict.fromkeys(block.kind for block in blocks):
        models = {model: own for model, own in by_model.items() if own[0].kind == kind}
        order = sorted(models, key=lambda model: _sort_key(_mean(models[model], metric)))
        for model in order[:most]:
            some = [row for block in models[model] for row in block]
            cells = {(row.source, row.domain): row for row in some}
            if by_source:
                cells = {source: add_rows(part, source) for source, part in _by_source(some).items()}
            values = [mean(getattr(row, metric) for row in some), getattr(add_rows(some, None), metric)]
            values += [getattr(cells[column], metric) if column in cells else math.nan for column in shown]
            lines.append([kind, _name(some[0]), *(f"{value:.4f}" for value in values)])
        if len(models) > most:
            hidden[kind] = len(models) - most
    more = ", ".join(f"{count} {kind}" for kind, count in hidden.items())
    return "\n".join(
        [
            f"{metric.replace('_', ' ')} (lower is better)",
            text_table(
                ["kind", "model", "mean", "pooled", *titles],
                lines,
                left=(0, 1),
                keys=2,
                below=f"and {more} more in the score rows" if more else "",
            ),
            "\n" + paragraph(_explanation(lines)),
        ]
    )


def _explanation(lines: list[list[str]]) -> str:
    """The words of the table's lines, for who meets them first here."""
    words = ["mean: of the domains, each counting alike. pooled: all text as one."]
    words += [
        f"{kind}: {meaning}." for kind in dict.fromkeys(kind for kind, *_ in lines) if (meaning := _meaning(kind))
    ]
    words += [ID_EXPLAINED] * any("(m-" in name for _, name, *_ in lines)
    return " ".join(words)


def _meaning(kind: str) -> str | None:
    proxy = find_proxy(kind)
    return f"the {proxy.description}, a proxy for training on the mixture" if proxy else _KINDS.get(kind)


def _name(row: ScoreRow) -> str:
    return Mixture.of(row.mixture).shortened() if row.mixture else row.model


def _sort_key(value: float) -> tuple[bool, float]:
    return math.isnan(value), value


def means_of_domains(blocks: list[RowBlock]) -> dict[str, dict[str, float | None]]:
    """Model → metric → unweighted average over all domains; `None` where no domain has a finite score."""
    return {model: _means(own) for model, own in _by_model(blocks).items()}


def _means(blocks: list[RowBlock]) -> dict[str, float | None]:
    """The averages of one model."""
    return {metric: number(_mean(blocks, metric)) for metric in METRICS}


def _mean(blocks: list[RowBlock], metric: str) -> float:
    return mean(value for block in blocks for value in block.values(metric).tolist())


def mean(values: Iterable[float]) -> float:
    """The unweighted average; a domain without bytes has no score (NaN) and is left out."""
    finite = [value for value in values if not math.isnan(value)]
    return sum(finite) / len(finite) if finite else math.nan


def number(value: float) -> float | None:
    """A value as JSON has it: `None` for NaN and infinity."""
    return value if math.isfinite(value) else None
