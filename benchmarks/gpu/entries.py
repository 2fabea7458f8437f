"""What a part of the GPU benchmarks found, written after every measurement: a part may be cut at any time."""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.gpu.device import default_device
from benchmarks.measurement import CannotRun, Measurement


@dataclass(frozen=True)
class Found:
    """One measurement: what a share is of, and plain facts beside it.

    Args:
        measurements (`tuple[Measurement, ...]`): Ratios, with their goals.
        facts (`Mapping[str, float]`): With their units, such as tokens/s.
    """

    measurements: tuple[Measurement, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"measurements": [one.to_json() for one in self.measurements], "facts": dict(self.facts)}


class Entries:
    """Measurements of a part, by name, in a file.

    Args:
        path (`Path`): Of the file; replaced at every change.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, dict[str, Any]] = {}

    def measure(self, name: str, work: Callable[[], Found]) -> None:
        """Do the work, and keep what it found or why it found nothing; the next one is tried in any case."""
        try:
            entry = work().to_json()
        except CannotRun as reason:
            entry = {"lacking": str(reason)}
        except Exception as error:  # out of memory, a compiler that fails: anything that a machine may do
            entry = {"failure": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
        self._entries[name] = entry
        print(f"{name}: {json.dumps(entry)}", flush=True)
        partial = self.path.with_name(self.path.name + ".partial")
        partial.write_text(json.dumps(self._entries, indent=2) + "\n", encoding="utf-8")
        partial.replace(self.path)


def part_parser(description: str) -> argparse.ArgumentParser:
    """The options that all parts have: where the file of [`Entries`] goes, and the device."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--device", default=default_device())
    return parser


def add_models(parser: argparse.ArgumentParser, folder: str) -> None:
    """The options of parts that make models in a folder.

    Args:
        parser (`argparse.ArgumentParser`): gets them.
        folder (`str`): what the folder is for.
    """
    parser.add_argument("--folder", type=Path, required=True, help=folder)
    parser.add_argument("--size", default="130m")
