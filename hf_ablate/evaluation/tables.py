"""Scores as people read them: a table of models and domains."""

import math
from collections.abc import Iterable

from .rows import METRICS, ScoreRow


def score_table(rows: list[ScoreRow], names: dict[str, str], metric: str = "bits_per_byte", most: int = 10) -> str:
    """Models × domains, the best `most` models of each kind by their macro average.

    Args:
        names (`dict[str, str]`): model id → what is shown for it.
    """
    columns = list(dict.fromkeys((row.source, row.domain) for row in rows))
    values: dict[tuple[str, str], dict] = {}
    for row in rows:
        values.setdefault((row.kind, row.model), {})[row.source, row.domain] = getattr(row, metric)
    headers = ["kind", "model", "macro", *(domain or source for source, domain in columns)]
    lines, hidden = [headers], {}
    for kind in dict.fromkeys(kind for kind, _ in values):
        models = [(mean(scores.values()), model, scores) for (other, model), scores in values.items() if other == kind]
        models.sort(key=lambda entry: (math.isnan(entry[0]), entry[0]))
        for average, model, scores in models[:most]:
            cells = [f"{scores.get(column, math.nan):.4f}" for column in columns]
            lines.append([kind, _short(names.get(model, model)), f"{average:.4f}", *cells])
        if len(models) > most:
            hidden[kind] = len(models) - most
    table = "\n".join(_align(lines))
    more = ", ".join(f"{count} {kind}" for kind, count in hidden.items())
    return f"{metric.replace('_', ' ')}\n{table}" + (f"\nand {more} more in the score rows" if more else "")


def macro_averages(rows: list[ScoreRow]) -> dict[str, dict[str, float | None]]:
    """Model → metric → plain average over all domains; none where no domain has a finite score."""
    by_model: dict[str, list[ScoreRow]] = {}
    for row in rows:
        by_model.setdefault(row.model, []).append(row)
    return {
        model: {metric: number(mean([getattr(row, metric) for row in some])) for metric in METRICS}
        for model, some in by_model.items()
    }


def mean(values: Iterable[float]) -> float:
    """The plain average; a domain without bytes has no score (NaN) and is left out."""
    finite = [value for value in values if not math.isnan(value)]
    return sum(finite) / len(finite) if finite else math.nan


def number(value: float) -> float | None:
    """JSON has neither NaN nor infinity."""
    return value if math.isfinite(value) else None


def _short(name: str, most: int = 44) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _align(lines: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) if column < 2 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    ]  # fmt: skip
