"""Names of partitions: they become folders, model names and data set configs."""

import re
import unicodedata

from ..errors import InputError, unknown_name


_FORBIDDEN = set('<>:"/\\|?*')
_RESERVED = ("seed", "default")


def check_names(names: list[str], also_reserved: bool = False) -> None:
    """Refuse names that are unsafe as folders, and names that fall together where case is ignored.

    Raises:
        `InputError`: names the first bad one and what to do.
    """
    seen: dict[str, str] = {}
    for name in names:
        reason = _what_is_wrong(name)
        if not reason and also_reserved and name in _RESERVED:
            reason = "it has a meaning of its own"
        if reason:
            raise InputError(f"partition name {name!r} cannot be used: {reason}. Rename it with `value_map`.")
        folded = name.casefold()
        if folded in seen:
            how = "stands twice" if seen[folded] == name else f"differs from {seen[folded]!r} only in case"
            raise InputError(
                f"partition name {name!r} {how}; a name stands once, as unit, seed or evaluation partition"
            )
        seen[folded] = name


def _what_is_wrong(name: str) -> str | None:
    if not name or name != name.strip():
        return "it is empty, or starts or ends with a space"
    if name.startswith(".") or ".." in name:
        return "it starts with a dot or holds '..'"
    if bad := sorted(_FORBIDDEN & set(name)):
        return f"it holds {' '.join(bad)}"
    if any(unicodedata.category(character).startswith("C") for character in name):
        return "it holds a control character"
    if len(name.encode()) > 120:
        return "it is longer than 120 bytes"
    return None


def is_pattern(name: str) -> bool:
    """Whether a name stands for all partitions of a form: `cs_*`."""
    return "*" in name or "?" in name


def matching(given: list[str], found: list[str], kind: str = "partition") -> list[str]:
    """The partitions that names and patterns stand for, in the order of the names, each once.

    Args:
        given (`list[str]`): names and patterns.
        found (`list[str]`): all partitions.
        kind (`str`): what the error calls them.

    Raises:
        `InputError`: for a name or pattern that no partition has.

    Example:

    ```python
    >>> matching(["wiki", "cs_*"], ["cs_2012", "cs_2013", "math_2012", "wiki"])
    ['wiki', 'cs_2012', 'cs_2013']

    ```
    """
    chosen: dict[str, None] = {}
    for name in given:
        regex = re.compile(re.escape(name).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
        matches = [other for other in found if regex.fullmatch(other)]
        if not matches:
            raise unknown_name(kind, name, found)
        chosen |= dict.fromkeys(matches)
    return list(chosen)
