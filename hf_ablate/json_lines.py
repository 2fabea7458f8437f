"""JSON lines, plain or compressed, local or under a URL: one reader for corpora and evaluation text."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

from .byte_streams import open_decompressed
from .errors import InputError
from .half_surrogates import has_half_surrogate, listed


_NAME = re.compile(r"\.(jsonl|ndjson)(\.(gz|zst|zstd|xz|bz2))?$", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_STARTS = {
    b"PK\x03\x04": "is a zip archive; unpack it",
    b"7z\xbc\xaf": "is a 7-Zip archive; unpack it",
    b"\x04\x22\x4d\x18": "is compressed with LZ4, which is not read; decompress it, or use gzip or Zstandard",
    b"PAR1": "is a parquet file; a corpus reads it with `source: parquet`, evaluation needs JSON lines",
    b"\xff\xfe": "is UTF-16, not UTF-8; convert it with `iconv -f UTF-16 -t UTF-8`",
    b"\xfe\xff": "is UTF-16, not UTF-8; convert it with `iconv -f UTF-16 -t UTF-8`",
}
_ARRAY, _SPREAD_OBJECT = re.compile(rb"\s*\[\s*(\{|$)"), re.compile(rb"\s*\{[ \t\r]*\n")
_LONGEST_START = 1 << 20


def is_json_lines_name(name: str) -> bool:
    """Whether a name says that the file holds JSON lines.

    Example:

    ```python
    >>> [is_json_lines_name(name) for name in ("a.jsonl", "a.JSONL.GZ", "a.json", "part-00000.gz")]
    [True, True, False, False]

    ```
    """
    return bool(_NAME.search(name))


class BadLine(Exception):
    """A line that does not hold a JSON object.

    Args:
        reason (`str`): what kind of thing is wrong, the same for all lines with the same defect.
        detail (`str`): where in the line, or what exactly; may be empty.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason, self.detail = reason, detail


def read_lines(place: str, name: str) -> Iterator[tuple[int, bytes]]:
    """All lines of a file with their numbers, blank ones included; only a line feed ends a line.

    Args:
        place (`str`): path or URL; decompressed if it is gzip, Zstandard, xz or bzip2.
        name (`str`): what messages call the file.

    Raises:
        `InputError`: if the file cannot be read to its end; names the last line that could be.
    """
    number = 0
    try:
        with open_decompressed(place, name) as stream:
            for number, line in enumerate(chain(_checked_start(stream, name), stream), start=1):
                yield number, line
    except _OtherFormat:
        raise
    except InputError as error:
        raise InputError(f"{error}. It cannot be read after line {number}") from error


class _OtherFormat(InputError):
    """The file is readable, but holds no JSON lines."""


def _checked_start(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """The lines up to the first that is not blank, which shows whether the file is something else."""
    for line in stream:
        line = line.removeprefix(_BYTE_ORDER_MARK)
        if line.strip():
            _check_first(line, name)
            yield line
            return
        yield line


def _check_first(line: bytes, name: str) -> None:
    """Refuse a file that its first line shows to be something else."""
    for start, what in _STARTS.items():
        if line.startswith(start):
            raise _OtherFormat(f"{name} {what}")
    if line[257:262] == b"ustar":
        raise _OtherFormat(f"{name} is a tar archive; unpack it")
    if _ARRAY.match(line):
        raise _OtherFormat(f"{name} holds one JSON array; expected an object a line. Convert it with `jq -c '.[]'`")
    if _SPREAD_OBJECT.match(line):
        raise _OtherFormat(
            f"{name} holds JSON objects over several lines; expected an object a line. Convert it with `jq -c .`"
        )


def holds_rows(place: str, field: str | None = None) -> bool:
    """Whether a file should be read as JSON lines, whatever it is called: by its first line that is not blank.

    Args:
        place (`str`): path or URL.
        field (`str`, *optional*): what the object on that line has to have.

    Returns:
        `bool`: also true of an array, so that reading it says how to convert it.

    Raises:
        `InputError`: if it is damaged or cannot be read.
    """
    with open_decompressed(place, place) as stream:
        line = stream.readline(_LONGEST_START).removeprefix(_BYTE_ORDER_MARK)
        while line and not line.strip():
            line = stream.readline(_LONGEST_START)
    if len(line) == _LONGEST_START:
        return line.lstrip().startswith(b'{"')
    try:
        row = parse_object(line)
    except BadLine:
        return bool(_ARRAY.match(line))
    return field is None or field in row


def parse_object(line: bytes) -> dict[str, Any]:
    """The JSON object on a line.

    Raises:
        `BadLine`: if the line is not UTF-8, not valid JSON, or not an object.

    Example:

    ```python
    >>> parse_object(b'{"text": "a"}')
    {'text': 'a'}
    >>> parse_object(b"[1]")
    Traceback (most recent call last):
    hf_ablate.json_lines.BadLine: holds a list, not an object

    ```
    """
    try:
        value = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLine("is not UTF-8", f"byte {error.start} of the line") from error
    except json.JSONDecodeError as error:
        raise BadLine("is not valid JSON", f"{error.msg} at character {error.pos + 1}") from error
    except ValueError as error:  # a number of thousands of digits
        raise BadLine("is not valid JSON", str(error)) from error
    except RecursionError as error:
        raise BadLine("is not valid JSON", "nested too deep") from error
    if not isinstance(value, dict):
        raise BadLine(f"holds a {type(value).__name__}, not an object")
    return value


def read_texts(place: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file with the numbers of their lines, each with a string in `text`; blank lines are skipped.

    Args:
        place (`str`): path or URL; decompressed if it is gzip, Zstandard, xz or bzip2.
        name (`str`): what messages call the file.

    Raises:
        `InputError`: for a line that is something else, and for a file that cannot be read to its end.
    """
    for number, line in read_lines(place, name):
        if not line.strip():
            continue
        try:
            value = parse_object(line)
            problem = _problem_of(value)
        except BadLine as error:
            problem = f"expected a JSON object with a `text`, but the line {error}"
        if problem:
            raise InputError(f"{name}, line {number}: {problem}")
        yield number, value


def _problem_of(row: dict[str, Any]) -> str | None:
    """What is wrong with a row of evaluation text, if anything."""
    if "text" not in row:
        return f"expected a JSON object with a `text`, but the line has no `text`; it has {listed(row)}"
    if not isinstance(row["text"], str):
        return f"`text` is {type(row['text']).__name__}; expected a string"
    for field in ("text", "id", "subdomain"):
        if field in row and has_half_surrogate(row[field]):
            return f"`{field}` holds half a surrogate pair, which is not valid text; repair the row or take it out"
    return None
