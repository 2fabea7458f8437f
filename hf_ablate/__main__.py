"""`python -m hf_ablate`, and what `accelerate launch` starts: the command line."""

import sys

from .cli import main


if __name__ == "__main__":
    sys.exit(main())
