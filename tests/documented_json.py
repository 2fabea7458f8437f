"""What docs/json.md says of the JSON that commands print."""

import re
from pathlib import Path
from typing import Any


PAGE = Path(__file__).parent.parent / "docs" / "json.md"


def documented(heading: str) -> set[str]:
    """The keys in the first column of the table under a heading."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}


def check_keys(content: dict[str, Any]) -> set[str]:
    """Assert that a command's JSON is tables of flat records with documented keys; the keys that it has."""
    page, known, found = PAGE.read_text(encoding="utf-8"), documented("Keys of records"), set()
    for name, value in content.items():
        assert f"`{name}`" in page, name
        if not isinstance(value, list):
            assert name in documented("Values") and not isinstance(value, dict), name
            continue
        assert len({tuple(row) for row in value}) <= 1, f"the records of {name} have different keys"
        for row in value:
            assert set(row) <= known, (name, set(row) - known)
            assert {key for key, cell in row.items() if isinstance(cell, (dict, list))} <= {"mixture"}, name
            found |= set(row)
    return found
