"""Files under local roots, among them the folders of the running Python."""

import os
import re
import stat
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from fsspec.utils import glob_translate

from ...errors import InputError
from ...half_surrogates import has_half_surrogate
from .folders import folders_below
from .skipped import Skipped


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
        if not os.path.exists(folder):
            hint = "; patterns go into `globs`" if "*" in folder else ""
            raise InputError(f"root {root} does not exist (looked for {os.path.realpath(folder)}){hint}")
    is_named = root in ("site-packages", "stdlib")
    return [(root if is_named else os.path.basename(os.path.realpath(folder)), folder) for folder in folders]


def local_files(where: str, glob: str, root_name: str, skipped: Skipped) -> Iterator[tuple[str, str, int, str]]:
    """The files under a root that a glob matches, walking no more than it has to.

    Args:
        where (`str`): the root.
        glob (`str`): which files, relative to the root or starting with its name.
        root_name (`str`): the root's name.
        skipped ([`Skipped`]): takes what is not read, and why.

    Returns:
        `Iterator`: (path in the root, path, size in bytes, version) of each file.
    """
    for inside, path in _matches(Path(where), glob, root_name, skipped):
        name = f"{root_name}/{inside}"
        if has_half_surrogate(name):
            skipped.cannot_be_read(name, "its name is not UTF-8; rename it")
            continue
        try:
            status = path.stat()
        except OSError as error:
            what = "it is a link to a file that is not there" if path.is_symlink() else error.strerror
            skipped.cannot_be_read(name, f"{what}; repair it")
            continue
        if not stat.S_ISREG(status.st_mode):
            skipped.cannot_be_read(name, "it is a pipe, socket or device, not a file")
            continue
        yield inside, str(path), status.st_size, str(status.st_mtime_ns)


def _matches(root: Path, glob: str, root_name: str, skipped: Skipped) -> Iterator[tuple[str, Path]]:
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
    for folder, subfolders, files in folders_below(root.joinpath(*start), root, root_name, skipped):
        hidden = [name for name in subfolders if name.startswith((".", "__pycache__"))]
        subfolders[:] = sorted(set(subfolders) - set(hidden))
        if root_name == "stdlib" and folder == root:
            subfolders[:] = [name for name in subfolders if name not in _INSTALLED]
        prefix = "" if folder == root else f"{folder.relative_to(root).as_posix()}/"
        for name in sorted(files):
            inside = prefix + name
            if regex.match(inside):
                if name.startswith("."):
                    skipped.add("hidden", f"{root_name}/{inside}")
                else:
                    yield inside, folder / name
        for name in hidden:
            for inner, _, files_of_inner in os.walk(folder / name):
                inside = Path(inner).relative_to(root).as_posix()
                for file in files_of_inner:
                    if regex.match(f"{inside}/{file}"):
                        skipped.add("hidden", f"{root_name}/{inside}/{file}")
