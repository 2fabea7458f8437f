"""JSON lines, plain or compressed, local or under a URL: one reader for corpora and evaluation text."""

import json
from collections.abc import Iterator
from typing import Any

from .byte_streams import open_decompressed
from .errors import InputError


# Suffixes of files that hold JSON lines.
JSON_LINES = (".jsonl", ".jsonl.gz", ".jsonl.zst")


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
        place (`str`): path or URL; decompressed if it ends with `.gz` or `.zst`.
        name (`str`): what messages call the file.

    Raises:
        `InputError`: if the file cannot be read to its end; names the last line that could be.
    """
    number = 0
    try:
        with open_decompressed(place, name) as stream:
            for number, line in enumerate(stream, start=1):
                yield number, line
    except InputError as error:
        raise InputError(f"{error}. It cannot be read after line {number}") from error


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
    if not isinstance(value, dict):
        raise BadLine(f"holds a {type(value).__name__}, not an object")
    return value


def read_texts(place: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file with the numbers of their lines, each with a string in `text`; blank lines are skipped.

    Args:
        place (`str`): path or URL; decompressed if it ends with `.gz` or `.zst`.
        name (`str`): what messages call the file.

    Raises:
        `InputError`: for a line that is something else, and for a file that cannot be read to its end.
    """
    for number, line in read_lines(place, name):
        if not line.strip():
            continue
        try:
            value = parse_object(line)
            text = value["text"]
        except (BadLine, KeyError) as error:
            problem = error if isinstance(error, BadLine) else "has no `text`"
            raise InputError(
                f"{name}, line {number}: expected a JSON object with a `text`, but the line {problem}"
            ) from error
        if not isinstance(text, str):
            raise InputError(f"{name}, line {number}: `text` is {type(text).__name__}; expected a string")
        yield number, value
