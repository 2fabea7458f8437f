"""`hf-ablate validate`: check a study's recipes without running anything."""

import json

from ..corpus.known_partitions import check_named_partitions
from .run import RunArguments, parse_stages


def run(arguments: RunArguments) -> None:
    """Parse every recipe of the study with its stage's own parser, and check them together.

    Raises:
        `InputError`: for a mistake in a recipe, and for what two of them contradict each other in.
    """
    parsed = parse_stages(arguments)
    if "partition" in parsed:
        check_named_partitions(parsed["partition"])
    stages = list(parsed)
    if arguments.output_format == "json":
        print(json.dumps({"study": str(arguments.study), "valid": stages}))
    else:
        print(f"{arguments.study}: {len(stages)} recipes are valid ({', '.join(stages)})")
