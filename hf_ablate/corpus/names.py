"""Names of partitions: they become folders, model names and data set configs."""

import unicodedata

from ..errors import InputError


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
