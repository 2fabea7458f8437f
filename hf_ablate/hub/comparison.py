"""What is to be pushed, compared with what is on the Hub."""

from dataclasses import dataclass

from .remote import ATTRIBUTES, Remote, is_same
from .upload import CARD, Upload


@dataclass(frozen=True)
class Comparison:
    """What a repository is to hold, compared with what it holds.

    Args:
        upload ([`Upload`]): what it is to hold.
        remote ([`Remote`]): what it holds.
        changed (`list[str]`): the paths of files that are new or different.
        removed (`list[str]`): the paths of files on the Hub that it is not to hold.
    """

    upload: Upload
    remote: Remote
    changed: list[str]
    removed: list[str]

    @property
    def state(self) -> str:
        """`new`, `unchanged`, `other card` or `changed`.

        A card says what is known when it is written (the scores, for example), or was edited on the Hub: a different
        one is neither a reason to refuse a push nor one to replace it.
        """
        if self.remote.is_fresh:
            return "new"
        if self.changed == [CARD] and not self.removed:
            return "other card"
        return "changed" if self.changed or self.removed else "unchanged"


def compare(upload: Upload, remote: Remote) -> Comparison:
    """Compare an upload with what its repository holds."""
    listed = remote.files
    changed = [path for path, item in upload.files.items() if path not in listed or not is_same(item, listed[path])]
    return Comparison(upload, remote, changed, sorted(set(listed) - set(upload.files) - {ATTRIBUTES}))
