"""`hf-ablate validate`: check a study's recipes without running anything."""

import json

from .run import RunArguments, parse_stages


def run(arguments: RunArguments) -> None:
    """Parse every recipe of the study with its stage's own parser; a mistake is an `InputError`."""
    stages = list(parse_stages(arguments))
    if arguments.output_format == "json":
        print(json.dumps({"study": str(arguments.study), "valid": stages}))
    else:
        print(f"{arguments.study}: {len(stages)} recipes are valid ({', '.join(stages)})")
