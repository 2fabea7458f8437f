"""The reference models that rounds of a study have asked for, which stay candidates whatever is enumerated."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..manifest import write_text
from ..run_folder import RunFolder
from .mixture import Mixture


@dataclass(frozen=True)
class Round:
    """A round: what was known before it, and what it trains.

    Args:
        number (`int`): from 1.
        target (`str`): what the decision was to be made on.
        mixtures (`tuple[Mixture, ...]`): those that get a reference model.
        regret (`float`): what was to be expected before, see `search/conditioning.py`.
        regret_expected (`float`): what the round was expected to leave of it.
    """

    number: int
    target: str
    mixtures: tuple[Mixture, ...]
    regret: float
    regret_expected: float


def read_rounds(run_dir: Path) -> list[Round]:
    """The rounds of a study, in order; none where there was none."""
    path = RunFolder(run_dir).proposed_file
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Round(
            number=row["round"],
            target=row["target"],
            mixtures=tuple(map(Mixture.of, row["mixtures"])),
            regret=row["regret"],
            regret_expected=row["regret_expected"],
        )
        for row in rows
    ]


def write_rounds(run_dir: Path, rounds: Sequence[Round]) -> None:
    """Record the rounds of a study, each with what it trains before that is trained."""
    rows = [
        {
            "round": each.number,
            "target": each.target,
            "mixtures": [mixture.weights for mixture in each.mixtures],
            "regret": each.regret,
            "regret_expected": each.regret_expected,
        }
        for each in rounds
    ]
    write_text(RunFolder(run_dir).proposed_file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def proposed_references(run_dir: Path, units: Collection[str]) -> dict[str, Mixture]:
    """The mixtures of these units that any round has asked a reference model of, by their ids."""
    mixtures = [mixture for each in read_rounds(run_dir) for mixture in each.mixtures]
    return {mixture.id: mixture for mixture in mixtures if set(mixture.units) <= set(units)}
