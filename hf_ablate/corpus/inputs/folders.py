"""Walking folders: links are followed, and no folder is entered twice."""

import os
from collections.abc import Iterator
from pathlib import Path

from .skipped import Skipped


def folders_below(
    start: Path, root: Path, root_name: str, skipped: Skipped
) -> Iterator[tuple[Path, list[str], list[str]]]:
    """A folder and all below it: first those that are there, then those that links lead to.

    Args:
        start (`Path`): the folder.
        root (`Path`): what names are relative to.
        root_name (`str`): what it is called.
        skipped ([`Skipped`]): takes links that lead nowhere or to folders that are read anyway, and folders that
            cannot be read.

    Returns:
        `Iterator`: (folder, names of the folders in it, names of the files in it); a name that is taken out of the
        first list is not entered.
    """

    def name_of(path: str) -> str:
        return f"{root_name}/{os.path.relpath(path, root)}".removesuffix("/.")

    read: dict[tuple[int, int], str] = {}
    inner, linked = [str(start)] if os.path.isdir(start) else [], []
    above = os.path.join(os.path.realpath(start), "")
    while inner or linked:
        folder = inner.pop() if inner else linked.pop(0)
        try:
            subfolders, files, broken = _entries(folder)
            status = os.stat(folder)
        except OSError as error:
            skipped.cannot_be_read(f"{name_of(folder)}/", f"{error.strerror}; give yourself access")
            continue
        identity = status.st_dev, status.st_ino
        if identity in read:
            skipped.add("the same folder as another", name_of(folder), f" (is {read[identity]})")
            continue
        read[identity] = name_of(folder)
        for name in broken:
            skipped.add("links to nothing", name_of(os.path.join(folder, name)))
        names = list(subfolders)
        yield Path(folder), names, files
        for name in names:
            path = os.path.join(folder, name)
            if not subfolders[name]:
                inner.append(path)
            elif above.startswith(os.path.join(os.path.realpath(path), "")):
                skipped.add("links back to a folder above", name_of(path))
            else:
                linked.append(path)
        linked.sort()


def _entries(folder: str) -> tuple[dict[str, bool], list[str], list[str]]:
    """The folders in a folder, and whether each is a link; the files; and, also among the files, the broken links."""
    subfolders, files, broken = {}, [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                if os.path.isdir(entry.path):
                    subfolders[entry.name] = True
                    continue
                if not os.path.exists(entry.path) and not entry.name.startswith("."):
                    broken.append(entry.name)
            elif entry.is_dir():
                subfolders[entry.name] = False
                continue
            files.append(entry.name)
    return subfolders, files, broken
