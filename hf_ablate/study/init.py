"""`hf-ablate init`: a study's folder of recipes to edit."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..errors import InputError
from ..manifest import write_text
from ..recipe import flat_text, stage_recipes
from ..shipped import shipped_studies


@dataclass
class InitArguments:
    """The study to write, and the one to start from."""

    study: Path = field(metadata={"positional": True, "help": "The folder to write, for example recipes/mine."})
    origin: Path = field(
        default=Path("quickstart"),
        metadata={
            "option": "from",
            "help": "The study to start from: a folder of recipes, or the name of a study that comes with hf_ablate: "
            f"{', '.join(name for name in shipped_studies() if '/' not in name)}, paper/pool, paper/pairs, …",
        },
    )
    dry_run: bool = field(default=False, metadata={"help": "Print what would be written, and write nothing."})
    output_format: Literal["table", "json"] = field(
        default="table", metadata={"help": "How the result is printed on stdout."}
    )


def run(arguments: InitArguments) -> None:
    """Write the recipes, with a run folder of their own.

    Raises:
        `InputError`: if there is no study to start from, or the folder holds something already.
    """
    folder = arguments.study
    run_dir = f"runs/{folder.resolve().name}"
    recipes = stage_recipes(arguments.origin)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists already; name a folder that does not, or edit what is there")
    for path in [] if arguments.dry_run else recipes.values():
        write_text(folder / path.name, _with_run_dir(flat_text(path), run_dir))
    names = [path.name for path in recipes.values()]
    if arguments.output_format == "json":
        print(json.dumps({"study": str(folder), "from": str(arguments.origin), "run_dir": run_dir, "recipes": names}))
        return
    print(
        f"{folder}: {', '.join(names)} {'would be' if arguments.dry_run else 'were'} copied from {arguments.origin}, "
        f"with the run folder {run_dir}\n"
        f"Edit them, then: hf-ablate validate {folder} && hf-ablate run {folder} --dry_run"
    )


def _with_run_dir(recipe: str, run_dir: str) -> str:
    """A recipe's text, comments included, with another run folder."""
    import yaml

    line = yaml.safe_dump({"run_dir": run_dir}, allow_unicode=True, width=1000)
    text, found = re.subn(r"^run_dir:.*\n", lambda _: line, recipe, flags=re.MULTILINE)
    return text if found else line + recipe
