"""Files that lie beside data, such as README.md and Spark's _SUCCESS, and hold no documents."""

import re

from ...byte_streams import open_bytes
from ...errors import InputError
from ...json_lines import holds_rows
from .input_file import InputFile


_COMPANION = re.compile(r"(_|readme|licen[cs]e|dataset_info).*|.*\.(md|crc|md5|sha256)", re.IGNORECASE)
_SUMMARIES = ("_metadata", "_common_metadata")  # of a folder of parquet files: such a file, without the rows
_DATA_NAMES = {
    "jsonl": re.compile(r"\.(jsonl|ndjson)", re.IGNORECASE),
    "parquet": re.compile(r"\.(parquet|pq)$", re.IGNORECASE),
    "tokens": re.compile(r"\.(npy|bin)$", re.IGNORECASE),
}
_STARTS = {"parquet": b"PAR1", "tokens": b"\x93NUMPY"}


def is_companion(file: InputFile, kind: str) -> bool:
    """Whether a file is none of the data: it has such a name, and does not start as data does.

    Args:
        file (`InputFile`): the file.
        kind (`str`): the kind of the data: `files`, of which nothing is a companion, `jsonl`, `parquet` or `tokens`.

    Raises:
        `InputError`: if it cannot be opened.
    """
    name = file.name.rsplit("/", 1)[-1]
    if kind not in _DATA_NAMES or not _COMPANION.fullmatch(name) or _DATA_NAMES[kind].search(name):
        return False
    if kind == "jsonl":
        return not holds_rows(file.path)
    try:
        with open_bytes(file.path) as stream:
            start = stream.read(6)
    except OSError as error:
        raise InputError(f"{file.name} cannot be read: {error}") from error
    return name in _SUMMARIES or not start.startswith(_STARTS[kind])
