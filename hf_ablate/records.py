"""Results for programs: tables of flat records as JSON and CSV. docs/json.md explains the keys."""

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def records_text(content: Mapping[str, Any]) -> str:
    """JSON with a line for each record: as easy to read as indented JSON, and much smaller.

    Args:
        content (`Mapping[str, Any]`): name → a value, or a table: a list of records.

    Example:

    ```python
    >>> print(records_text({"split": "val", "scores": [{"model": "a"}, {"model": "b"}]}))
    {
    "split": "val",
    "scores": [
    {"model": "a"},
    {"model": "b"}
    ]
    }

    ```
    """

    def text(value: Any) -> str:
        if not (isinstance(value, list) and value):
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in value) + "\n]"

    return "{\n" + ",\n".join(f"{json.dumps(name)}: {text(value)}" for name, value in content.items()) + "\n}"


def csv_text(records: Sequence[Mapping[str, Any]]) -> str:
    """Records as CSV: mixtures as JSON, what is not known as nothing.

    Example:

    ```python
    >>> print(csv_text([{"mixture": {"code": 1.0}, "score": 1.25}, {"mixture": None, "score": None}]), end="")
    mixture,score
    "{""code"": 1.0}",1.25
    ,

    ```
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]) if records else [], lineterminator="\n")
    writer.writeheader()
    for record in records:
        mixtures = {
            key: json.dumps(cell, ensure_ascii=False) for key, cell in record.items() if isinstance(cell, dict)
        }
        writer.writerow({**record, **mixtures})
    return text.getvalue()


def print_csv(records: Sequence[Mapping[str, Any]]) -> None:
    """Print records on stdout as CSV."""
    sys.stdout.write(csv_text(records))
