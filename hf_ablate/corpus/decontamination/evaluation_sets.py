"""The evaluation sets that documents are compared with: files in PALOMA's layout, or any jsonl."""

from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError
from ..arguments import PartitionArguments
from ..inputs import InputFile, is_url, root_name
from ..local_files import local_files
from ..readers.documents import BadRow
from ..readers.jsonl import parse
from ..readers.opening import open_decompressed
from ..remote_files import remote_files


HELD_OUT = "held_out"
_ENDINGS = (".jsonl", ".json", ".jsonl.gz", ".json.gz", ".jsonl.zst", ".json.zst")


def list_evaluation_files(arguments: PartitionArguments) -> dict[str, list[InputFile]]:
    """The files of each evaluation set: `<set>/<split>/…` under a folder in PALOMA's layout, else the folder or file.

    Raises:
        `InputError`: for a path that does not exist or has no such file.
    """
    sets: dict[str, list[InputFile]] = {}
    for path in arguments.decontaminate_against:
        if path == HELD_OUT:
            continue
        if not is_url(path) and not Path(path).exists():
            raise InputError(f"`decontaminate_against`: {path} does not exist (looked for {Path(path).resolve()})")
        name = root_name(path)
        files = remote_files if is_url(path) else local_files
        found = [entry for entry in files(path, "**", name) if entry[0].endswith(_ENDINGS)]
        if not found:
            raise InputError(f"`decontaminate_against`: {path} holds no file that ends with {', '.join(_ENDINGS)}")
        for inside, place, size, version in found:
            parts = inside.split("/")
            file = InputFile(place, f"{name}/{inside}", size, version)
            sets.setdefault(parts[-3] if len(parts) > 2 else name, []).append(file)
    return sets


def read_texts(files: list[InputFile]) -> Iterator[str]:
    """The field `text` of all rows.

    Raises:
        `InputError`: for a row without it: an evaluation set that is only partly looked for would go unnoticed.
    """
    for file in files:
        with open_decompressed(file) as stream:
            for row, line in enumerate(stream):
                if not line.strip():
                    continue
                try:
                    text = parse(line, file.name, row).get("text")
                except BadRow as bad:
                    raise InputError(f"{bad}. Repair the evaluation set.") from bad
                if not isinstance(text, str):
                    raise InputError(f"{file.name}, line {row + 1}: no string in field 'text'; is it evaluation data?")
                yield text
