"""`hf-ablate validate`: check a study's recipes without running anything."""

from dataclasses import dataclass, field
from pathlib import Path

from .study import RunArguments, parse_stages


@dataclass
class ValidateArguments(RunArguments):
    """The study to check."""

    study: Path = field(
        default=Path("recipes/quickstart"), metadata={"positional": True, "help": "Folder of recipes."}
    )


def run(arguments: ValidateArguments) -> None:
    """Parse every recipe of the study with its stage's own parser; a mistake is an `InputError`."""
    stages = parse_stages(arguments)
    print(f"{arguments.study}: {len(stages)} recipes are valid ({', '.join(stages)})")
