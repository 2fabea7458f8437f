"""Files under local roots, among them the folders of the running Python."""

import os
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from fsspec.utils import glob_translate

from ...errors import InputError


_INSTALLED = ("site-packages", "dist-packages")  # are in the folder of the standard library, but not part of it


def local_roots(root: str) -> list[tuple[str, str]]:
    """(name, folder) pairs of a root; `site-packages` can be two folders.

    Raises:
        `InputError`: if it does not exist; with the resolved path.
    """
    paths = sysconfig.get_paths()
    if root == "site-packages":
        folders = sorted({os.path.realpath(paths[key]) for key in ("purelib", "platlib")})
    elif root == "stdlib":
        folders = [os.path.realpath(paths["stdlib"])]
    else:
        folders = [root]
    for folder in folders:
        if not Path(folder).exists():
            hint = "; patterns go into `globs`" if "*" in folder else ""
            raise InputError(f"root {root} does not exist (looked for {Path(folder).resolve()}){hint}")
    is_named = root in ("site-packages", "stdlib")
    return [(root if is_named else Path(folder).resolve().name, folder) for folder in folders]


def local_files(where: str, glob: str, root_name: str) -> Iterator[tuple[str, str, int, str]]:
    """The files under a root that a glob matches, walking no more than it has to.

    Args:
        where (`str`): the root.
        glob (`str`): which files, relative to the root or starting with its name.
        root_name (`str`): the root's name.

    Returns:
        `Iterator`: (path in the root, path, size in bytes, version) of each file.
    """
    root = Path(where)
    for inside, path in _matches(root, glob, root_name):
        status = path.stat()
        yield inside, str(path), status.st_size, str(status.st_mtime_ns)


def _matches(root: Path, glob: str, root_name: str) -> Iterator[tuple[str, Path]]:
    if root.is_file():
        yield root.name, root
        return
    inner_glob = glob.removeprefix(f"{root_name}/")
    regex = re.compile(glob_translate(inner_glob))
    start = []
    for part in inner_glob.split("/")[:-1]:
        if re.search(r"[*?\[]", part):
            break
        start.append(part)
    if root_name == "stdlib" and start[:1] and start[0] in _INSTALLED:
        return
    for folder, subfolders, files in os.walk(root.joinpath(*start)):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__pycache__")))
        if root_name == "stdlib" and Path(folder) == root:
            subfolders[:] = [name for name in subfolders if name not in _INSTALLED]
        for name in sorted(files):
            path = Path(folder, name)
            inside = path.relative_to(root).as_posix()
            if not name.startswith(".") and regex.match(inside):
                yield inside, path
