"""Completion by the shell, through argcomplete: commands, their options, and the values that these can have."""

import argparse
import os
from pathlib import Path
from typing import Any

from .command import Command
from .commands import COMMANDS
from .shipped import shipped_studies


def complete() -> None:
    """Answer the shell and exit, where it is the shell that asks; otherwise do nothing."""
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(make_parser(os.environ.get("COMP_LINE", "").split()))


def make_parser(words: list[str]) -> argparse.ArgumentParser:
    """The command line as one parser, in which only the command that is typed has its options.

    Args:
        words (`list[str]`): what is typed.
    """
    parser = argparse.ArgumentParser(prog="hf-ablate", allow_abbrev=False)
    parser.add_argument("--version", action="store_true", help="Print the version.")
    subparsers = parser.add_subparsers()
    for command in COMMANDS:
        parents = [_with_completers(command)] if command.name in words else []
        subparsers.add_parser(command.name, help=command.help, parents=parents, add_help=False, allow_abbrev=False)
    return parser


def _with_completers(command: Command) -> argparse.ArgumentParser:
    from argcomplete.completers import FilesCompleter

    parser = command.parser() if _is_quick(command) else argparse.ArgumentParser()
    if command.takes_recipe:
        parser.add_argument("--config", type=Path, help="A recipe; the command line overrides it.")
    for action in parser._actions:
        if action.dest in ("study", "origin"):
            action.completer = _complete_study
        elif action.dest == "config":
            action.completer = FilesCompleter(("yaml", "yml"))
    return parser


def _is_quick(command: Command) -> bool:
    """Whether the parser is made in an instant: `train` has transformers' options only after its first use."""
    if command.name != "train":
        return True
    from .training.options import has_option_table

    return has_option_table(command.arguments_class)


def _complete_study(prefix: str, **context: Any) -> list[str]:
    from argcomplete.completers import DirectoriesCompleter

    shipped = [name for name in shipped_studies() if name.startswith(prefix)]
    return shipped + list(DirectoriesCompleter()(prefix, **context))
