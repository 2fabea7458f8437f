"""`python -m hf_ablate`, and what `accelerate launch` starts: the command line."""

from .cli import main
from .launch import end_process


if __name__ == "__main__":
    end_process(main())
