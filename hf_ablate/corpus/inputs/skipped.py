"""What is under the roots, but not read: nothing that a user pointed at goes missing without a word."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ...errors import InputError
from ...half_surrogates import printable


logger = logging.getLogger(__name__)

_EXAMPLES = 3


@dataclass
class Skipped:
    """Files and folders that are not read, by reason.

    Args:
        notes (`dict[str, dict[str, str]]`): reason → name → what else is to say of it; may be empty.
        faults (`list[tuple[str, str]]`): (name, why it cannot be read) of what should be read.
    """

    notes: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)

    def add(self, reason: str, name: str, note: str = "") -> None:
        """Take a file or folder that is not read.

        Args:
            reason (`str`): why, in a few words.
            name (`str`): which.
            note (`str`): what else is to say of it.
        """
        self.notes.setdefault(reason, {})[name] = note

    def cannot_be_read(self, name: str, why: str) -> None:
        """Take one that should be read, but cannot; names of folders end with a slash."""
        self.faults.append((name, why))

    def check(self, is_excluded: Callable[[str], bool] | None = None) -> None:
        """Refuse the first fault that is not excluded.

        Args:
            is_excluded (`Callable[[str], bool]`, *optional*): whether `exclude_globs` leave out a name; without it
                there are none.

        Raises:
            `InputError`: names it, and the glob that leaves it out.
        """
        for name, why in self.faults:
            if is_excluded and is_excluded(f"{name}x" if name.endswith("/") else name):
                continue
            glob = re.sub("[^ -~]", "?", name) + ("**" if name.endswith("/") else "")
            remedy = f", or leave it out: exclude_globs: [{glob!r}]" if is_excluded else ""
            raise InputError(f"{printable(name)} cannot be read: {why}{remedy}")

    def report(self, is_excluded: Callable[[str], bool] = lambda name: False) -> None:
        """One line for each reason: how many, and which, without those that the user leaves out."""
        for reason, notes in self.notes.items():
            listed = [f"{printable(name)}{note}" for name, note in sorted(notes.items()) if not is_excluded(name)]
            more = f" and {len(listed) - _EXAMPLES:,} more" if len(listed) > _EXAMPLES else ""
            if listed:
                logger.warning("%d not read (%s): %s", len(listed), reason, ", ".join(listed[:_EXAMPLES]) + more)
