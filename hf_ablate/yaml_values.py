"""YAML of recipes: keys given twice are refused, and so is text that YAML takes for something else (`no`, `0123`)."""

import json
from functools import lru_cache
from typing import Any


class Unquoted(Exception):
    """Something that should be text, but is not in quotes."""


class _Int(int):
    source = ""


class _Float(float):
    source = ""


class _Date:
    def __init__(self, source: str) -> None:
        self.source = source

    def __str__(self) -> str:
        return self.source


@lru_cache(maxsize=1)
def recipe_loader() -> type:
    """A loader that refuses duplicate keys, of which YAML's own silently keeps the last.

    Numbers and dates keep how they were written as `source`.
    """
    import yaml

    class RecipeLoader(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            for key in keys:
                if keys.count(key) > 1:
                    raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", node.start_mark)
            return super().construct_mapping(node, deep)

        def construct_number(self, node, kind, construct):
            try:
                number = kind(construct(self, node))
            except ValueError as error:
                raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error
            number.source = node.value
            return number

    def add(name: str, construct) -> None:
        RecipeLoader.add_constructor(f"tag:yaml.org,2002:{name}", construct)

    add("int", lambda loader, node: loader.construct_number(node, _Int, yaml.SafeLoader.construct_yaml_int))
    add("float", lambda loader, node: loader.construct_number(node, _Float, yaml.SafeLoader.construct_yaml_float))
    add("timestamp", lambda loader, node: _Date(node.value))
    return RecipeLoader


def check_is_text(value: Any) -> None:
    """Refuse a value that YAML takes for something else than the text that was written.

    Args:
        value: where an option takes text: as [`recipe_loader`] gives it.

    Raises:
        `Unquoted`: says how YAML reads it.
    """
    if isinstance(value, bool):
        raise Unquoted(f"{value}, as which YAML reads {'yes, on and true' if value else 'no, off and false'}")
    if value is None:
        raise Unquoted("nothing, as which YAML reads null and ~")
    if isinstance(value, _Date):
        raise Unquoted(f"{value}, which YAML reads as a date")
    if getattr(value, "source", str(value)) != str(value):
        raise Unquoted(f"{value.source}, which YAML reads as the number {value}")


def check_mapping(value: Any) -> None:
    """Refuse keys of mappings that are not the text that was written, and dates anywhere.

    Args:
        value: where an option takes a mapping: as [`recipe_loader`] gives it. A key may be null.

    Raises:
        `Unquoted`: says which is not text.
    """
    if isinstance(value, _Date):
        check_is_text(value)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key is not None:
                check_is_text(key)
            check_mapping(inner)
    elif isinstance(value, list):
        for inner in value:
            check_mapping(inner)


def text_of(value: Any) -> str:
    """A value as the command line takes it: mappings and lists as JSON, truth values as `true` and `false`."""
    return json.dumps(value, default=str) if isinstance(value, (bool, dict, list)) else str(value)
