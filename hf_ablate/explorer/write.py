"""The explorer as one file: payload, libraries, scripts and style in a page that needs no network."""

import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..manifest import digest, digest_files, write_text
from ..palette import palette_css
from .arrays import page_text


_LIBRARIES = ("d3.min.js", "plot.umd.min.js")  # in this order: the second needs the first
_MAIN = "main.js"  # runs last: the others only define what it calls
_LOADER = "loader.js"  # runs the others, which are compressed


def write_explorer(payload: dict[str, Any], page: Path) -> None:
    """Write the explorer of a study.

    Args:
        payload (`dict`): as [`explorer_payload`] gives.
        page (`Path`): where the file goes.
    """
    write_text(page, explorer_page(payload))


def explorer_page(payload: dict[str, Any]) -> str:
    """The explorer of a study as HTML.

    Args:
        payload (`dict`): as [`explorer_payload`] gives.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    folder = Path(str(files(__package__)))
    environment = Environment(loader=PackageLoader(__package__, ""), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("page.html.j2").render(
        title=payload["title"],
        facts=_facts(payload),
        style=palette_css() + _joined(sorted(folder.glob("*.css"))),
        libraries=[page_text((folder / "vendor" / name).read_bytes()) for name in _LIBRARIES],
        script=page_text(_joined(path for path in _scripts(folder) if path.name != _LOADER).encode()),
        loader=_joined(folder / "js" / name for name in ("page_text.js", _LOADER)),
        payload=page_text(json.dumps(payload, allow_nan=False).encode()),
    )


def explorer_digest() -> str:
    """Of everything but the payload that the page is made of."""
    folder = Path(str(files(__package__)))
    libraries = [folder / "vendor" / name for name in _LIBRARIES]
    made_of = [*_scripts(folder), *libraries, *sorted(folder.glob("*.css")), *sorted(folder.glob("*.j2"))]
    return digest([palette_css(), digest_files(made_of)])


def _facts(payload: dict[str, Any]) -> str:
    """How large the study is."""
    counts = {
        "unit": payload["units"],
        "domain": payload["domains"],
        "ranked mixture": payload["mixtures"]["ids"],
        "reference model": payload["references"]["rows"],
    }
    return ", ".join(f"{len(rows):,} {name}{'s' * (len(rows) != 1)}" for name, rows in counts.items()) + "."


def _joined(paths: Iterable[Path]) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def _scripts(folder: Path) -> list[Path]:
    """One module in the page; what the files define is known in all of them, in whatever order."""
    scripts = sorted((folder / "js").glob("*.js"))
    return [path for path in scripts if path.name != _MAIN] + [folder / "js" / _MAIN]
