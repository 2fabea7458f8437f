"""Names of partitions: they become folders, model names and data set configs."""

import re
import unicodedata

from ..errors import InputError, unknown_name


_FORBIDDEN = set('<>:"/\\|?*')
_RESERVED = ("seed", "default")


def check_names(names: list[str], also_reserved: bool = False, kind: str = "partition") -> None:
    """Refuse names that are unsafe as folders, and names that are the same where case is ignored.

    Args:
        names (`list[str]`): names of partitions.
        also_reserved (`bool`): whether names with another meaning (`seed`, `default`) are refused too.
        kind (`str`): what has the names.

    Raises:
        `InputError`: names the first bad one and what to do.
    """
    remedy = "Rename it with `value_map`." if kind == "partition" else "Give it another name."
    seen: dict[str, str] = {}
    for name in names:
        reason = _what_is_wrong(name)
        if not reason and also_reserved and name in _RESERVED:
            reason = "it has another meaning"
        if reason:
            raise InputError(f"{kind} name {name!r} cannot be used: {reason}. {remedy}")
        folded = name.casefold()
        if folded in seen:
            how = "is given twice" if seen[folded] == name else f"differs from {seen[folded]!r} only in case"
            rule = "; a partition is a unit, the seed's or evaluation-only" if kind == "partition" else f". {remedy}"
            raise InputError(f"{kind} name {name!r} {how}{rule}")
        seen[folded] = name


def _what_is_wrong(name: str) -> str | None:
    if not name or name != name.strip():
        return "it is empty, or starts or ends with a space"
    if name.startswith(".") or ".." in name:
        return "it starts with a dot or contains '..'"
    if bad := sorted(_FORBIDDEN & set(name)):
        return f"it contains {' '.join(bad)}"
    if any(unicodedata.category(character).startswith("C") for character in name):
        return "it contains a control character"
    if len(name.encode()) > 120:
        return "it is longer than 120 bytes"
    return None


def is_pattern(name: str) -> bool:
    """Whether a name is a pattern, such as `cs_*`."""
    return "*" in name or "?" in name


def pattern_regex(name: str) -> re.Pattern[str]:
    """What a name or pattern matches as a whole."""
    return re.compile(re.escape(name).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def matching(given: list[str], known: list[str], kind: str = "partition") -> list[str]:
    """The partitions that names and patterns match, in the order of the names, each once.

    Args:
        given (`list[str]`): names and patterns.
        known (`list[str]`): all partitions.
        kind (`str`): what the error calls them.

    Raises:
        `InputError`: for a name or pattern that no partition matches.

    Example:

    ```python
    >>> matching(["wiki", "cs_*"], ["cs_2012", "cs_2013", "math_2012", "wiki"])
    ['wiki', 'cs_2012', 'cs_2013']

    ```
    """
    chosen: dict[str, None] = {}
    for name in given:
        regex = pattern_regex(name)
        matches = [other for other in known if regex.fullmatch(other)]
        if not matches:
            raise unknown_name(kind, name, known)
        chosen |= dict.fromkeys(matches)
    return list(chosen)
