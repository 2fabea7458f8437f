"""The options of `hf-ablate train`, ours and those of transformers' `TrainingArguments`, parsed without transformers.

Importing `TrainingArguments` takes seconds. The options that `HfArgumentParser` makes of it are therefore kept as a
table in the user's cache, and made anew for other versions of the packages and other options of ours.
"""

import argparse
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import parse_mapping
from ..cache import recalled, remembered


if TYPE_CHECKING:
    from transformers import HfArgumentParser


NOT_AN_OPTION = "trainer"  # the field that holds the values of transformers' options
_TABLES = "options"  # the folder in the cache
_TYPES = {"str": str, "int": int, "float": float, "Path": Path}


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    pass


def make_train_parser(
    arguments_class: type, prog: str = "hf-ablate train", description: str = "", examples: str = ""
) -> argparse.ArgumentParser:
    """The parser of transformers' options and those of our arguments class.

    Args:
        arguments_class (`type`): the dataclass of our options.
        prog (`str`): what help calls the command.
        description (`str`): what help says of it.
        examples (`str`): shown at the end of help.
    """
    parser = argparse.ArgumentParser(
        prog=prog,
        description=description,
        epilog=examples and f"examples:\n{examples}",
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
    )
    for row in option_table(arguments_class):
        keywords = {key: row[key] for key in ("dest", "default", "help")}
        if row["is_switch"]:
            parser.add_argument(*row["flags"], action="store_false", **keywords)
        else:
            keywords |= {key: row[key] for key in ("nargs", "const", "choices")}
            parser.add_argument(*row["flags"], type=_converter(row), **keywords)
    return parser


def trainer_defaults(arguments_class: type) -> dict[str, Any]:
    """The options of transformers alone, with their defaults."""
    ours = {entry.name for entry in fields(arguments_class)}
    rows = [row for row in option_table(arguments_class) if row["dest"] not in ours and not row["is_switch"]]
    return {row["dest"]: row["default"] for row in rows}


def choices_of(arguments_class: type, name: str) -> list[str]:
    """The values that an option takes."""
    return next(row["choices"] for row in option_table(arguments_class) if row["dest"] == name)


@cache
def option_table(arguments_class: type) -> list[dict[str, Any]]:
    """A row per option: flags, destination, type, nargs, constant, default, choices and help, as JSON values."""
    return remembered(_TABLES, _key(arguments_class), lambda: [_row(action) for action in _actions(arguments_class)])


def has_option_table(arguments_class: type) -> bool:
    """Whether the table is there already; making it takes seconds."""
    return recalled(_TABLES, _key(arguments_class)) is not None


def _key(arguments_class: type) -> list[Any]:
    return [library_versions(), _description(arguments_class)]


def library_versions() -> list[str]:
    """The versions of the libraries that decide which options there are, and which values they take."""
    return [f"{name} {version(name)}" for name in ("transformers", "accelerate", "torch")]


def _description(arguments_class: type) -> list[list[str]]:
    """Our options, with all that a row says of them."""
    hints = typing.get_type_hints(arguments_class)
    return [
        [entry.name, str(hints[entry.name]), str(_default(entry)), entry.metadata.get("help", "")]
        for entry in fields(arguments_class)
    ]


def _default(entry: Any) -> Any:
    return entry.default if entry.default_factory is MISSING else entry.default_factory()


def transformers_parser(arguments_class: type) -> "HfArgumentParser":
    """The parser that transformers makes, where our options replace those of the same name."""
    from transformers import HfArgumentParser, TrainingArguments

    return HfArgumentParser(
        [TrainingArguments, arguments_class], conflict_handler="resolve", allow_abbrev=False, prog="hf-ablate train"
    )


def _actions(arguments_class: type) -> list[argparse.Action]:
    actions = transformers_parser(arguments_class)._actions
    return [action for action in actions if action.dest not in ("help", NOT_AN_OPTION)]


def _row(action: argparse.Action) -> dict[str, Any]:
    return {
        "flags": action.option_strings,
        "dest": action.dest,
        "is_switch": isinstance(action, argparse._StoreFalseAction),
        "type": _type_name(action),
        "nargs": action.nargs,
        "const": action.const,
        "default": str(action.default) if isinstance(action.default, Path) else action.default,
        "choices": action.choices and list(action.choices),
        "help": action.help,
    }


def _type_name(action: argparse.Action) -> str | None:
    from transformers.hf_argparser import string_to_bool

    names = {python_type: name for name, python_type in _TYPES.items()}
    names |= {None: None, string_to_bool: "bool", dict: "mapping"}
    if action.type in names:
        return names[action.type]
    return "str" if action.choices else "other"  # of choices, all of which are strings


def _converter(row: dict[str, Any]) -> Callable[[str], Any]:
    if row["type"] == "bool":
        return _to_bool
    if row["type"] == "mapping":
        return parse_mapping
    if row["type"] == "other":
        return _TransformersType(row["dest"])
    return _TYPES[row["type"]]


def _to_bool(text: str) -> bool:
    """Whatever transformers takes for true or false."""
    if text.lower() in ("yes", "true", "t", "y", "1"):
        return True
    if text.lower() in ("no", "false", "f", "n", "0"):
        return False
    raise argparse.ArgumentTypeError(
        f"Truthy value expected: got {text} but expected one of yes/no, true/false, t/f, y/n, 1/0 (case insensitive)."
    )


class _TransformersType:
    """The type of an option that only transformers can convert, imported when the option is used."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, text: str) -> Any:
        from transformers import HfArgumentParser, TrainingArguments

        parser = HfArgumentParser(TrainingArguments)
        (convert,) = (action.type for action in parser._actions if action.dest == self.name)
        self.__name__ = getattr(convert, "__name__", repr(convert))  # argparse names it in its message
        return convert(text)
