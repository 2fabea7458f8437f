"""The command line: `hf-ablate COMMAND`."""

import sys
import textwrap
from contextlib import nullcontext

from . import __version__
from .commands import COMMANDS, find_command
from .completion import complete
from .errors import InputError, exit_code
from .half_surrogates import has_half_surrogate, printable
from .lock import run_folder_lock
from .terminal import set_up_logging, set_up_stdout
from .text_table import line_width, paragraph


def main(argv: list[str] | None = None) -> int:
    """Run `hf-ablate` with the given words (default: those of the process) and return its exit code."""
    complete()
    words = list(sys.argv[1:] if argv is None else argv)
    debug = _take_debug(words)
    set_up_logging(debug)
    set_up_stdout()
    return exit_code(lambda: _run(words), debug)


def _run(words: list[str]) -> None:
    if not words or words[0] in ("-h", "--help"):
        print(_overview())
    elif words[0] == "--version":
        print(f"hf-ablate {__version__}")
    else:
        _run_command(words[0], words[1:])


def _run_command(name: str, tokens: list[str]) -> None:
    command = find_command(name)
    for token in tokens:
        if has_half_surrogate(token):
            raise InputError(f"{printable(token)} is not UTF-8, so it cannot be recorded; rename the file or folder")
    arguments = command.parse(tokens)
    folder = getattr(arguments, "work_dir", getattr(arguments, "run_dir", None))
    holds_itself = command.name in ("run", "validate")  # recipes name the folder that a whole study works in
    is_locked = folder is not None and not holds_itself and not arguments.dry_run
    with run_folder_lock(folder) if is_locked else nullcontext():
        command.start(arguments, tokens)


def _take_debug(words: list[str]) -> bool:
    """Remove a bare `--debug` from the words; transformers' own `--debug VALUE` stays."""
    for position, word in enumerate(words):
        is_last = position + 1 == len(words)
        if word == "--debug" and (position == 0 or is_last or words[position + 1].startswith("--")):
            del words[position]
            return True
    return False


_WHAT_FOR = "Which data should we train on? Ranks mixtures of a corpus by merging one model per part of it."
_OPTIONS = (
    "The steps of a study take --config FILE.yaml; every command takes --help, with examples, and --debug, for "
    "tracebacks."
)


def _overview() -> str:
    indent = {"initial_indent": " " * 2, "subsequent_indent": " " * 13}
    commands = [textwrap.fill(f"{one.name:<10} {one.help}", line_width(), **indent) for one in COMMANDS]
    usage = ["usage: hf-ablate COMMAND [OPTIONS]", "", paragraph(_WHAT_FOR), "", "commands:"]
    return "\n".join([*usage, *commands, "", paragraph(_OPTIONS), ""])
