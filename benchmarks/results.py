"""`results.json`: what was measured last, and how it is compared with what is measured now."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from benchmarks.measurement import Measurement
from benchmarks.origin import Origin


FILE = Path(__file__).with_name("results.json")
README = Path(__file__).with_name("README.md")
# Two runs differ by as much even where the rounds of each agree: a process can be lucky with its memory and the clock.
SLACK = 0.03
TABLE = re.compile(r"(?<=<!-- results -->\n).*?(?=<!-- end of results -->)", re.DOTALL)
# A number of the text that a measurement stands behind: `2.15 times<!-- result: NAME -->`.
QUOTE = re.compile(r"(\d[\d,]*(?:\.\d+)?)(\s*%)?(?:[ ×]|times)*<!-- result: (.+?) -->")


@dataclass(frozen=True)
class Result:
    """What one benchmark measured, and where."""

    origin: Origin
    measurements: tuple[Measurement, ...]


def read_results(path: Path) -> dict[str, Result]:
    """Benchmark → result; empty where nothing has been written yet."""
    if not path.is_file():
        return {}
    entries = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Result(Origin.from_json(entry["origin"]), tuple(map(Measurement.from_json, entry["measurements"])))
        for name, entry in entries.items()
    }


def write_results(results: Mapping[str, Result], path: Path) -> None:
    entries = {
        name: {
            "origin": asdict(result.origin),
            "measurements": [measurement.to_json() for measurement in result.measurements],
        }
        for name, result in results.items()
    }
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)


def compare(now: Measurement, before: Measurement) -> Literal["regression", "improvement", ""]:
    """Whether all rounds of one are better than all rounds of the other, by more than two runs differ anyway."""
    slack = SLACK * abs(before.median)
    if now.spread[0] > before.spread[1] + slack:
        return "improvement" if now.more_is_better else "regression"
    if now.spread[1] < before.spread[0] - slack:
        return "regression" if now.more_is_better else "improvement"
    return ""


def shown(ratio: float) -> str:
    """Three digits."""
    return f"{ratio:,.0f}" if abs(ratio) >= 1000 else f"{ratio:.3g}"


def shown_spread(measurement: Measurement) -> str:
    if len(measurement.ratios) == 1:
        return "1"
    low, high = measurement.spread
    return f"{len(measurement.ratios)}: {shown(low)} to {shown(high)}"


def shown_goal(measurement: Measurement) -> str:
    if measurement.goal is None:
        return ""
    return (
        f"{'≥' if measurement.more_is_better else '≤'} {shown(measurement.goal)} {'✓' if measurement.reached else '✗'}"
    )


def markdown(results: Mapping[str, Result]) -> str:
    """The table of benchmarks/README.md."""
    if not results:
        return "Nothing has been measured yet.\n"
    lines = ["| measurement | what is compared | median | rounds | goal |", "| --- | --- | --- | --- | --- |"]
    for measurement in measurements_of(results):
        cells = measurement.name, measurement.compared, f"**{shown(measurement.median)}**"
        lines.append(f"| {' | '.join((*cells, shown_spread(measurement), shown_goal(measurement)))} |")
    origins = {str(result.origin).replace("\n", "; "): None for result in results.values()}
    return "\n".join([*lines, "", *(f"Measured on: {origin}." for origin in origins)]) + "\n"


def write_table(results: Mapping[str, Result], path: Path) -> None:
    """Put the table where the page marks it."""
    path.write_text(TABLE.sub(lambda _: markdown(results), path.read_text(encoding="utf-8")), encoding="utf-8")


def measurements_of(results: Mapping[str, Result]) -> Iterable[Measurement]:
    return (measurement for result in results.values() for measurement in result.measurements)


def wrong_quotes(text: str, results: Mapping[str, Result]) -> list[str]:
    """The numbers of a text that are not what `results.json` says, rounded as they are; each with what it says."""
    medians = {measurement.name: measurement.median for measurement in measurements_of(results)}
    wrong = []
    for number, percent, name in QUOTE.findall(text):
        digits = len(number.partition(".")[2])
        if name not in medians:
            wrong.append(f"{number}: nothing called {name!r} was measured")
        elif number.replace(",", "") != (right := f"{medians[name] * (100 if percent else 1):.{digits}f}"):
            wrong.append(f"{number}: {name!r} is {right}")
    return wrong
