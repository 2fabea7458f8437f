"""Recipes: flat YAML files, read as command-line tokens so that both are checked by the same parser."""

import argparse
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from .arguments import option_names, parse, takes_path
from .errors import InputError, reason
from .shipped import find_recipe, find_study, project_folder
from .yaml_values import Unquoted, check_is_text, check_mapping, recipe_loader, text_of


BASE = "base"  # the key of a recipe that names another
STAGES = ("partition", "adopt", "enumerate", "train", "evaluate", "rank", "merge", "report")


def read_yaml(path: Path) -> dict[str, Any]:
    """A recipe's keys and values.

    Raises:
        `InputError`: if the file is not valid YAML, has a duplicate key or is not a mapping.
    """
    import yaml

    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=recipe_loader())
    except UnicodeDecodeError as error:
        raise InputError(f"recipe {path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"recipe {path} is not valid YAML: {_yaml_problem(error)}") from error
    if not isinstance(values or {}, dict):
        raise InputError(f"recipe {path} holds a {type(values).__name__}; expected `key: value` lines")
    return values or {}


def read_recipe(path: Path) -> dict[str, Any]:
    """A recipe's keys and values, and those of the recipe that it names as its `base` where it has none of its own.

    Raises:
        `InputError`: as [`read_yaml`] does, and for a base that is not there or comes from this recipe itself.

    Example: `recipes/paper/pairs/train.yaml` is the pool's recipe, in another run folder.

    ```yaml
    base: ../pool/train.yaml
    run_dir: runs/paper/studies/pairs
    ```
    """
    values: dict[str, Any] = {}
    for each in _with_bases(path):
        values = read_yaml(each) | values
    values.pop(BASE, None)
    return values


def flat_text(path: Path) -> str:
    """A recipe's text, comments included, with what it takes from its `base` written out.

    Raises:
        `InputError`: as [`read_recipe`] does.
    """
    own, *bases = _with_bases(path)
    text = re.sub(rf"^{BASE}:.*\n", "", own.read_text(encoding="utf-8"), flags=re.MULTILINE)
    keys = set(read_yaml(own))
    for base in bases:
        inherited = base.read_text(encoding="utf-8")
        for key in (*keys, BASE):  # a key ends where the next line begins that is not indented
            inherited = re.sub(rf"^{re.escape(str(key))}:.*\n([ \t]+.*\n)*", "", inherited, flags=re.MULTILINE)
        keys |= set(read_yaml(base))
        text += f"\n{inherited}"
    return text


def _with_bases(path: Path) -> list[Path]:
    """A recipe, its base, the base of that, and so on."""
    found = [path]
    while (base := read_yaml(found[-1]).get(BASE)) is not None:
        other = found[-1].parent / str(base)
        if not other.is_file():
            raise InputError(f"`{BASE}` of recipe {found[-1]} is {base!r}, and {other} is not a file; name a recipe")
        if other.resolve() in [each.resolve() for each in found]:
            raise InputError(f"recipe {path} is its own `{BASE}`, by way of {found[-1]}")
        found.append(other)
    return found


def read_value(text: str, origin: str) -> Any:
    """A single value as a recipe writes it: `[code, man]`, `null`, `1e-3`, `{a: 1}`.

    Args:
        text (`str`): the value. What starts with a sign that YAML reserves, such as the glob `*.jsonl`, is text.
        origin (`str`): where it is from, for the message.

    Raises:
        `InputError`: if it is not valid YAML.

    Example:

    ```python
    >>> read_value("[code, man]", "--set partition.units"), read_value("*.jsonl", "--set partition.globs")
    (['code', 'man'], '*.jsonl')

    ```
    """
    import yaml

    if text.startswith(("*", "&", "!", "%", "@", "`")):
        return text
    try:
        return yaml.load(text, Loader=recipe_loader())
    except (yaml.YAMLError, RecursionError) as error:
        problem = getattr(error, "problem", None) or reason(error)
        raise InputError(f"{origin}: {text!r} is not valid YAML ({problem}); put text in quotes") from error


def _yaml_problem(error: Exception) -> str:
    """What is wrong, and in which line."""
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}: {error.problem}" if mark else reason(error)


def recipe_tokens(
    path: Path, parser: argparse.ArgumentParser, places: Collection[str] = (), without: Collection[str] = ()
) -> list[str]:
    """A recipe as command-line tokens: `learning_rate: 2e-5` becomes `--learning_rate=2e-5`.

    A `null` leaves the default. Lists become one option with several values, mappings JSON. Paths, which are relative
    to the recipe's project, become valid in the working directory.

    Args:
        path (`Path`): the recipe.
        parser (`argparse.ArgumentParser`): that will parse the tokens.
        places (`Collection[str]`): the options that take paths as well as names, see [`StageArguments`].
        without (`Collection[str]`): keys whose values are left out.

    Raises:
        `InputError`: for keys that the parser does not know, with the nearest valid one.
    """
    import difflib

    tokens: list[str] = []
    known = option_names(parser)
    project = project_folder(path)
    for key, value in read_recipe(path).items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            raise InputError(
                f"unknown key {key!r} in {path}{f'; did you mean {near[0]!r}?' if near else '.'} "
                f"Run `{parser.prog} --help` for all keys."
            )
        if value is None or key in without:
            continue
        if project != Path.cwd():
            value = _with_valid_paths(key, value, project, parser, places)
        try:
            tokens += option_tokens(str(key), value, parser)
        except InputError as error:
            raise InputError(f"{error} (in {path})") from error
    return tokens


def _with_valid_paths(
    key: str, value: Any, project: Path, parser: argparse.ArgumentParser, places: Collection[str]
) -> Any:
    """A value of a recipe, whose paths are valid in the working directory; also of the mappings in a list."""
    if key in places or takes_path(parser, key):
        return _from_project(value, project, is_path=key not in places)
    if isinstance(value, list):
        return [
            {name: _with_valid_paths(name, inner, project, parser, places) for name, inner in item.items()}
            if isinstance(item, dict)
            else item
            for item in value
        ]
    return value


def _from_project(value: Any, project: Path, is_path: bool) -> Any:
    """A value, or each of a list, as it is valid in the working directory.

    Args:
        value: of the recipe.
        project (`Path`): what paths are relative to.
        is_path (`bool`): whether it can be nothing but a path; otherwise it is one if there is something at it.
    """
    if isinstance(value, list):
        return [_from_project(item, project, is_path) for item in value]
    if not isinstance(value, str):
        return value
    inside = project / Path(value).expanduser()
    return str(inside) if is_path or inside.exists() or Path(value).exists() else value


def option_tokens(key: str, value: Any, parser: argparse.ArgumentParser) -> list[str]:
    """A recipe's value as command-line tokens.

    Args:
        key (`str`): the option.
        value: its value, as YAML gives it; not `None`.
        parser (`argparse.ArgumentParser`): that will parse the tokens.

    Raises:
        `InputError`: for a list where the option takes a single value, and for text that YAML takes for something
            else, because it is not in quotes.
    """
    items = value if isinstance(value, list) else [value]
    action = parser._option_string_actions.get(f"--{key}")
    try:
        for item in items:
            if isinstance(item, dict):
                check_mapping(item)
            elif action is not None and (action.type in (str, Path, None) or action.choices):
                check_is_text(item)
    except Unquoted as error:
        raise InputError(f"`{key}` holds {error}; if it is text, quote it") from error
    if not isinstance(value, list):
        return [f"--{key}={text_of(value)}"]
    if action is not None and action.nargs not in ("*", "+"):
        raise InputError(f"`{key}` is a list, {text_of(value)}; expected a single value")
    return [f"--{key}", *(text_of(item) for item in value)]


def parse_with_recipe(
    parser: argparse.ArgumentParser, tokens: list[str], build: Callable[..., Any], places: Collection[str] = ()
) -> Any:
    """Parse a command's tokens, which may include `--config FILE.yaml`; the command line overrides the recipe.

    `--key=null` gives an option its default, whatever the recipe says.

    Args:
        parser (`argparse.ArgumentParser`): the command's parser; gets the option `--config`.
        tokens (`list[str]`): what follows the command's name.
        build (`Callable[..., Any]`): the arguments class, called with the parsed values as keywords.
        places (`Collection[str]`): the options that take paths as well as names, see [`StageArguments`].

    Raises:
        `InputError`: for a recipe that does not exist, and any mistake in it or in the tokens.
    """
    parser.add_argument("--config", type=Path, metavar="FILE.yaml", help="A recipe; the command line overrides it.")
    only_config = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    only_config.add_argument("--config", type=Path)
    recipe = only_config.parse_known_args(tokens)[0].config
    tokens, defaults = _without_nulls(tokens, option_names(parser))
    from_recipe = recipe_tokens(find_recipe(recipe), parser, places, without=defaults) if recipe else []

    def build_without_config(values: dict[str, Any]) -> Any:
        del values["config"]
        return build(**values)

    return parse(parser, from_recipe + tokens, build_without_config, origin=str(recipe or ""))


def _without_nulls(tokens: list[str], known: list[str]) -> tuple[list[str], set[str]]:
    """The tokens without options that are set to `null`, and the names of these options."""
    options: list[list[str]] = []
    for token in tokens:
        if token.startswith("--") or not options:
            options.append([])
        options[-1].append(token)
    left: list[str] = []
    defaults: set[str] = set()
    for option, *values in options:
        name, _, value = option.removeprefix("--").partition("=")
        is_null = option.startswith("--") and name in known and [*([value] if value else []), *values] == ["null"]
        if is_null:
            defaults.add(name)
        else:
            left += [option, *values]
    return left, defaults


def stage_recipes(study: Path) -> dict[str, Path]:
    """The recipes of a study: stage → YAML file, in the order of the flow.

    Args:
        study (`Path`): a folder of recipes, or the name of a study that comes with the package.

    Raises:
        `InputError`: if the folder is missing, has no recipe, or has a YAML file of no stage.
    """
    study = find_study(study)
    recipes = {path.stem: path for path in sorted(study.glob("*.yaml"))}
    for stem, path in recipes.items():
        if stem not in STAGES:
            raise InputError(f"{path} does not belong to a stage; the stages are {', '.join(STAGES)}")
    if not recipes:
        inner = ", ".join(sorted({path.parent.relative_to(study).as_posix() for path in study.glob("*/*.yaml")}))
        raise InputError(
            f"{study} holds no recipe; expected some of {', '.join(f'{stage}.yaml' for stage in STAGES)}"
            + (f". Name one of the studies in it: {inner}" if inner else "")
        )
    return {stage: recipes[stage] for stage in STAGES if stage in recipes}
