"""The evaluation sets that documents are compared with: files in PALOMA's layout, or any jsonl."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...byte_streams import is_url
from ...errors import InputError
from ...json_lines import read_texts
from ..inputs.input_file import InputFile, root_name
from ..inputs.skipped import Skipped
from ..inputs.text_files import text_files
from .overlap import OverlapRule


HELD_OUT = "held_out"


@dataclass(frozen=True)
class Decontamination:
    """What training documents may not overlap with.

    Args:
        against (`tuple[str, ...]`): folders, files and URLs of evaluation sets; `held_out` for the corpus's own.
        rule (`OverlapRule`): what counts as overlap.
        filter_bytes (`int`): the most memory for what the evaluation sets contain.
    """

    against: tuple[str, ...]
    rule: OverlapRule
    filter_bytes: int


def list_evaluation_files(places: Iterable[str]) -> dict[str, list[InputFile]]:
    """The files of each evaluation set: `<set>/<split>/…` under a folder in PALOMA's layout, else the folder or file.

    Raises:
        `InputError`: for a path that does not exist, cannot be read or has no such file.
    """
    skipped = Skipped()
    sets: dict[str, list[InputFile]] = {}
    for path in places:
        if path == HELD_OUT:
            continue
        if not is_url(path) and not os.path.exists(path):
            raise InputError(f"`decontaminate_against`: {path} does not exist (looked for {os.path.realpath(path)})")
        name = root_name(path)
        entries = text_files(path, name, skipped)
        skipped.check()
        if not entries:
            raise InputError(f"`decontaminate_against`: {path} holds no JSON lines with a `text`")
        for inside, place, size, version in entries:
            parts = inside.split("/")
            file = InputFile(place, f"{name}/{inside}", size, version)
            sets.setdefault(parts[-3] if len(parts) > 2 else name, []).append(file)
    skipped.report()
    return sets


def texts_of(files: list[InputFile]) -> Iterator[str]:
    """The field `text` of all rows.

    Raises:
        `InputError`: for a row without it: an evaluation set that is only partly looked for would go unnoticed.
    """
    for file in files:
        for _, row in read_texts(file.path, file.name):
            yield row["text"]
