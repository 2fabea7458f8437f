"""Command-line arguments from dataclasses, strict: types, choices and unknown names fail before any work.

One dataclass per command lives in the folder of its stage (`corpus/arguments.py`, …) and derives from
[`StageArguments`]. `train` extends transformers' `TrainingArguments` and is parsed by `HfArgumentParser`; all
others are parsed here, because importing transformers takes seconds and `--help` should not.
"""

import argparse
import dataclasses
import json
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from .errors import InputError


@dataclass
class StageArguments:
    """What every command of a study takes.

    Options of the type `Path` take paths alone; those in `places` take paths as well as names, for example of models
    on the Hub.
    """

    places: ClassVar[tuple[str, ...]] = ()

    run_dir: Path = field(default=Path("runs/study"), metadata={"help": "The study's run folder."})
    dry_run: bool = field(default=False, metadata={"help": "Print what would be done, and do nothing."})
    output_format: Literal["table", "json"] = field(
        default="table", metadata={"help": "How results are printed on stdout."}
    )

    @property
    def work_dir(self) -> Path:
        """The folder that the command writes to, where one run works at a time."""
        return self.run_dir


@dataclass
class ModelStageArguments(StageArguments):
    """What every command takes that loads models or tokenizers."""

    trust_remote_code: bool = field(
        default=False,
        metadata={
            "help": "Run the code that a model or tokenizer brings along (`auto_map`) in its folder or on the Hub. "
            "Read it first."
        },
    )


def make_parser(arguments_class: type, prog: str, description: str, examples: str = "") -> argparse.ArgumentParser:
    """An argparse parser with one option per field of a dataclass.

    Supported field types: `str`, `int`, `float`, `bool`, `Path`, `Literal[...]`, `list[...]` of these, `dict` (given
    as JSON), `int | Literal[...]`, and `X | None`. The field's metadata may hold `help`, `positional` (true for an
    argument without a dash), `repeatable` (true for a list that each use of the option adds to; otherwise the last one
    wins), `appends` (true for a list that each use of the option adds one value to) and `option` (the option's name
    where it cannot be the field's, for example `from`).

    Args:
        arguments_class (`type`): the dataclass.
        prog (`str`): the command, as in the usage line.
        description (`str`): what it does, in a sentence.
        examples (`str`): shown below the options.

    Example:

    ```python
    >>> parser = make_parser(StageArguments, "hf-ablate rank", "Rank the mixtures.")
    >>> parser.parse_args(["--run_dir", "runs/x", "--dry_run"]).dry_run
    True

    ```
    """
    parser = argparse.ArgumentParser(
        prog=prog,
        description=description,
        epilog=examples and f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    hints = typing.get_type_hints(arguments_class)
    for entry in dataclasses.fields(arguments_class):
        _add_argument(parser, entry, hints[entry.name])
    return parser


def _add_argument(parser: argparse.ArgumentParser, entry: dataclasses.Field, hint: Any) -> None:
    options: dict[str, Any] = {"help": entry.metadata.get("help", "")}
    default = entry.default_factory() if callable(entry.default_factory) else entry.default
    required = default is dataclasses.MISSING
    if not required:
        options["default"] = default
        if default is not None and default != [] and default != {}:
            options["help"] += f" (default: {str(default).replace('%', '%%')})"
    options |= _converter(_without_none(hint))
    if entry.metadata.get("positional"):
        options |= {"nargs": options.get("nargs", None if required else "?"), "metavar": entry.name.upper()}
        parser.add_argument(entry.name, **options)
    else:
        if entry.metadata.get("repeatable"):
            options["action"] = "extend"
        if entry.metadata.get("appends"):
            options["action"] = "append"
            del options["nargs"]
        name = entry.metadata.get("option", entry.name)
        parser.add_argument(f"--{name}", dest=entry.name, required=required, **options)


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        members = tuple(member for member in typing.get_args(hint) if member is not type(None))
        return typing.Union[members]  # noqa: UP007 (of one member, it is that member)
    return hint


def _converter(hint: Any) -> dict[str, Any]:
    """argparse's `type`, `choices` and `nargs` for a type hint."""
    origin = typing.get_origin(hint)
    if hint is bool:
        return {"type": _parse_bool, "nargs": "?", "const": True, "metavar": "true|false"}
    if origin is Literal:
        return {"choices": list(typing.get_args(hint))}
    if origin is typing.Union:
        number, words = typing.get_args(hint)
        return {
            "type": _parse_number_or(typing.get_args(words)),
            "metavar": "|".join(["INT", *typing.get_args(words)]),
        }
    if origin is list:
        return {"nargs": "*", **_converter(typing.get_args(hint)[0])}
    if origin is dict or hint is dict:
        return {"type": parse_mapping, "metavar": "JSON"}
    metavar = {str: "TEXT", int: "INT", float: "FLOAT", Path: "PATH"}[hint]
    return {"type": hint, "metavar": metavar}


def _parse_bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _parse_number_or(words: tuple[str, ...]) -> Callable[[str], int | str]:
    def parse_one(text: str) -> int | str:
        if text in words:
            return text
        try:
            return int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number nor {' or '.join(words)}") from None

    return parse_one


def parse_mapping(text: str) -> dict:
    """A mapping from JSON, as argparse takes it."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is not a mapping in JSON; expected for example '{{\"a\": 1}}'")
    return value


def parse(parser: argparse.ArgumentParser, tokens: list[str], build: Callable[[dict], Any], origin: str = "") -> Any:
    """Parse tokens and build the arguments object; every mistake becomes an `InputError`.

    Args:
        parser (`argparse.ArgumentParser`): from [`make_parser`], or a `HfArgumentParser`.
        tokens (`list[str]`): the recipe's tokens first, then the command line's: the last one wins.
        build (`Callable[[dict], Any]`): makes the arguments object from the parsed values.
        origin (`str`): where the tokens come from, for the message.

    Raises:
        `InputError`: for an unknown option, with the nearest, and for values of another type or choice.
    """

    def fail(message: str) -> None:
        raise InputError(f"{message}{f' (in {origin} or on the command line)' if origin else ''}")

    parser.error = fail
    namespace, unknown = parser.parse_known_args(_with_explicit_flags(parser, tokens))
    if unknown:
        raise InputError(f"{unknown_option(parser, unknown[0])} Run `{parser.prog} --help` for all options.")
    return build(vars(namespace))


def with_underscores(tokens: list[str]) -> list[str]:
    """The tokens, with the names of options as they are declared: `--also-losses=x-y` is `--also_losses=x-y`.

    Example:

    ```python
    >>> with_underscores(["--dry-run", "my-run", "--set=train.a-b"])
    ['--dry_run', 'my-run', '--set=train.a-b']

    ```
    """

    def underscored(token: str) -> str:
        name, equals, value = token[2:].partition("=")
        return f"--{name.replace('-', '_')}{equals}{value}"

    return [underscored(token) if token.startswith("--") and token != "--" else token for token in tokens]


def _with_explicit_flags(parser: argparse.ArgumentParser, tokens: list[str]) -> list[str]:
    """The tokens, with `--dry_run FOLDER` as `--dry_run=true FOLDER` where the command takes a folder."""
    if all(action.option_strings for action in parser._actions):
        return tokens
    flags = {name for action in parser._actions if action.type is _parse_bool for name in action.option_strings}
    following = [*tokens[1:], ""]
    return [
        f"{token}=true" if token in flags and after.lower() not in ("true", "false") else token
        for token, after in zip(tokens, following, strict=True)
    ]


def unknown_option(parser: argparse.ArgumentParser, token: str) -> str:
    """A sentence about an option that the parser does not know, with the nearest one that it knows."""
    import difflib

    name = token.split("=")[0].lstrip("-")
    near = difflib.get_close_matches(name, option_names(parser), n=1)
    return f"unknown option {name!r}{f'; did you mean {near[0]!r}?' if near else '.'}"


def option_names(parser: argparse.ArgumentParser) -> list[str]:
    """The names of all options of a parser, without dashes."""
    return sorted(
        option.removeprefix("--")
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and option != "--help"
    )


def takes_path(parser: argparse.ArgumentParser, name: str) -> bool:
    """Whether an option takes nothing but a path."""
    return any(f"--{name}" in action.option_strings and action.type is Path for action in parser._actions)
