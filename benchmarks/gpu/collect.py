"""Puts what the parts found into `gpu.json`, and prints it as a table.

    python -m benchmarks.gpu.collect --parts work/parts --output gpu.json

A part leaves NAME.json, and the script that ran it NAME.ended: its exit code and its seconds.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement
from benchmarks.origin import Origin
from benchmarks.results import shown, shown_goal, shown_spread
from hf_ablate.text_table import text_table


CUT = (124, 137)  # exit codes of `timeout`
HEADERS = ["measurement", "found", "ratio", "rounds", "goal"]


def read_parts(folder: Path) -> dict[str, dict[str, Any]]:
    """Name of a part → how it ended, its seconds, and its entries, as far as it came."""
    parts = {}
    for ended in sorted(folder.glob("*.ended"), key=lambda path: path.stat().st_mtime_ns):
        code, seconds = map(int, ended.read_text().split())
        found = ended.with_suffix(".json")
        entries = json.loads(found.read_text(encoding="utf-8")) if found.is_file() else {}
        parts[ended.stem] = {"ended": how_it_ended(code, seconds), "seconds": seconds, "entries": entries}
    return parts


def how_it_ended(code: int, seconds: int) -> str:
    if code == 0:
        return "finished"
    if code in CUT:
        return f"cut after {seconds} s" if seconds else "left out: no time was left"
    return f"failed with exit code {code}"


def rows(parts: dict[str, dict[str, Any]]) -> list[list[str]]:
    """One for every measurement, or for what took its place."""
    lines = []
    for name, part in parts.items():
        for entry_name, entry in part["entries"].items():
            if reason := entry.get("lacking") or entry.get("failure"):
                what = "not available" if "lacking" in entry else "failed"
                lines.append([entry_name, f"{what}: {reason}", "", "", ""])
                continue
            facts = ", ".join(f"{shown(value)} {unit}" for unit, value in entry["facts"].items())
            measurements = list(map(Measurement.from_json, entry["measurements"]))
            lines += [
                [entry_name, facts, shown(one.median), shown_spread(one), shown_goal(one)] for one in measurements
            ] or [[entry_name, facts, "", "", ""]]
        if part["ended"] != "finished":
            lines.append([name, part["ended"], "", "", ""])
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--device", default="", help="its name")
    parser.add_argument("--seconds", type=int, default=0, help="that everything took")
    parser.add_argument("--tiny", action="store_true", help="whether sizes were only for trying")
    arguments = parser.parse_args()
    parts, origin = read_parts(arguments.parts), Origin.here(arguments.tiny)
    found = {"device": arguments.device, "seconds": arguments.seconds, "origin": asdict(origin), "parts": parts}
    arguments.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"{arguments.device}\n{origin}\n{arguments.seconds} s in all\n")
    print(text_table(HEADERS, rows(parts), left=(0, 1)))


if __name__ == "__main__":
    main()
