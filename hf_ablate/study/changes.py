"""Changes to a study's recipes from the command line: `--set STAGE.KEY=VALUE`, with values as a recipe writes them."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import InputError, unknown_name
from ..recipe import option_tokens, read_value


def changes_by_stage(
    changes: Sequence[str], stages: Sequence[str], parser_of: Callable[[str], argparse.ArgumentParser]
) -> dict[str, list[str]]:
    """The options that each stage's command is given beside its recipe.

    Args:
        changes (`Sequence[str]`): as `train.learning_rate=1e-3`.
        stages (`Sequence[str]`): those that the study has recipes for.
        parser_of (`Callable[[str], argparse.ArgumentParser]`): gives the parser of a stage.

    Raises:
        `InputError`: for anything that is not of this form, a stage without a recipe, a key that is set twice, and
            values that a recipe could not have.

    Example:

    ```python
    >>> parser = argparse.ArgumentParser()
    >>> _ = parser.add_argument("--units", nargs="*")
    >>> changes_by_stage(["partition.units=[code, man]"], ["partition"], lambda stage: parser)
    {'partition': ['--units', 'code', 'man']}

    ```
    """
    values = _values(changes, stages)
    return {
        stage: [token for key, value in own.items() for token in _tokens(stage, key, value, parser_of(stage))]
        for stage, own in values.items()
    }


def _values(changes: Sequence[str], stages: Sequence[str]) -> dict[str, dict[str, Any]]:
    by_stage: dict[str, dict[str, Any]] = {}
    for change in changes:
        target, equals, text = change.partition("=")
        stage, dot, key = target.partition(".")
        if not (equals and dot):
            raise InputError(
                f"--set {change}: expected STAGE.KEY=VALUE, for example train.learning_rate=1e-3; a list is written "
                "partition.units='[code, man]', in quotes"
            )
        if stage not in stages:
            raise unknown_name("stage", stage, list(stages))
        own = by_stage.setdefault(stage, {})
        if key in own:
            raise InputError(f"--set {target} is given twice; a list is written {target}='[code, man]', in quotes")
        own[key] = read_value(text, f"--set {target}")
    return by_stage


def _tokens(stage: str, key: str, value: Any, parser: argparse.ArgumentParser) -> list[str]:
    action = parser._option_string_actions.get(f"--{key}")
    takes_several = action is not None and action.nargs in ("*", "+")
    if takes_several and isinstance(value, str) and len(words := value.split()) > 1:
        raise InputError(
            f"--set {stage}.{key}='{value}': a list is written '[{', '.join(words)}]', and one value with spaces "
            f"'[\"{value}\"]'"
        )
    if value is None:
        return [f"--{key}=null"]
    return option_tokens(key, value, parser)
