"""The evaluation sets that documents are compared with: files in PALOMA's layout, or any jsonl."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...byte_streams import is_url
from ...errors import InputError
from ...json_lines import JSON_LINES, read_texts
from ..inputs.input_file import InputFile, root_name
from ..inputs.local_files import local_files
from ..inputs.remote_files import remote_files
from .overlap import OverlapRule


HELD_OUT = "held_out"
_ENDINGS = (*JSON_LINES, ".json", ".json.gz", ".json.zst")


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
        `InputError`: for a path that does not exist or has no such file.
    """
    sets: dict[str, list[InputFile]] = {}
    for path in places:
        if path == HELD_OUT:
            continue
        if not is_url(path) and not Path(path).exists():
            raise InputError(f"`decontaminate_against`: {path} does not exist (looked for {Path(path).resolve()})")
        name = root_name(path)
        files = remote_files if is_url(path) else local_files
        entries = [entry for entry in files(path, "**", name) if entry[0].endswith(_ENDINGS)]
        if not entries:
            raise InputError(f"`decontaminate_against`: {path} holds no file that ends with {', '.join(_ENDINGS)}")
        for inside, place, size, version in entries:
            parts = inside.split("/")
            file = InputFile(place, f"{name}/{inside}", size, version)
            sets.setdefault(parts[-3] if len(parts) > 2 else name, []).append(file)
    return sets


def texts_of(files: list[InputFile]) -> Iterator[str]:
    """The field `text` of all rows.

    Raises:
        `InputError`: for a row without it: an evaluation set that is only partly looked for would go unnoticed.
    """
    for file in files:
        for _, row in read_texts(file.path, file.name):
            yield row["text"]
