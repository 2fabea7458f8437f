"""Several processes for one command: `accelerate launch`, with the project's own accelerate configurations."""

import sys


def stage_main(name: str, argv: list[str] | None = None) -> int:
    """The `main()` of a stage's module, for `python -m` and `accelerate launch -m`: as `hf-ablate NAME` is.

    Args:
        name (`str`): the command.
        argv (`list[str]`, *optional*): its words; default: the process's.
    """
    from .cli import main

    return main([name, *(sys.argv[1:] if argv is None else argv)])
