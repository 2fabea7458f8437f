"""The configuration of a seed trained from scratch, as recipes give it: `key=value,key=value`."""

from ..errors import InputError, unknown_name


def parse_overrides(config_class: type, overrides: str) -> dict[str, object]:
    """The values in `key=value,key=value`; keys and types are those of the architecture's default configuration.

    Args:
        config_class (`type`): the configuration class of the architecture.
        overrides (`str`): what a recipe gives.

    Raises:
        `InputError`: for an unknown key, with the nearest, and a value of another type.
    """
    defaults = config_class()
    known = sorted(key for key in defaults.to_dict() if not key.startswith("_"))
    values = {}
    for item in filter(None, overrides.split(",")):
        key, equals, text = (part.strip() for part in item.partition("="))
        if not equals:
            raise InputError(f"config_overrides: {item!r} is not key=value")
        if key not in known:
            raise unknown_name(f"key in config_overrides of {defaults.model_type}", key, known)
        values[key] = _value(key, text, getattr(defaults, key, None))
    return values


def _value(key: str, text: str, default: object) -> object:
    if isinstance(default, bool) or text.lower() in ("true", "false"):
        if text.lower() not in ("true", "false"):
            raise InputError(f"config_overrides: {key}={text}, expected true or false")
        return text.lower() == "true"
    kinds = [type(default)] if isinstance(default, (int, float)) else [int, float] if default is None else [str]
    for kind in kinds:
        try:
            return kind(text)
        except ValueError:
            continue
    if default is None:
        return text
    raise InputError(f"config_overrides: {key}={text}, expected a {kinds[0].__name__} as in {key}={default}")
