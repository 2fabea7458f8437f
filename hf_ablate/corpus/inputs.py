"""The input files of a corpus: roots and globs to a sorted list, with the fields that their paths give."""

import os
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fsspec.utils import glob_translate

from ..errors import InputError
from .arguments import PartitionArguments


@dataclass(frozen=True)
class InputFile:
    """A file to read.

    Args:
        path (`str`): where it lies.
        name (`str`): `<root name>/<path in root>`: the same on every machine, unlike `path`.
        size (`int`): in bytes, as stored.
        version (`str`): what changes when the content does; only compared.
        fields (`dict[str, str] | None`): what `path_regex` found; None where it did not match.
    """

    path: str
    name: str
    size: int
    version: str
    fields: dict[str, str] | None = field(default_factory=dict)


def list_inputs(arguments: PartitionArguments) -> list[InputFile]:
    """All input files, sorted by name.

    Raises:
        `InputError`: for a root that does not exist, two roots of one name, or a glob that matches nothing.
    """
    folders = _root_folders(arguments.roots)
    globs = arguments.globs or ["**"]
    excluded = [re.compile(glob_translate(glob)) for glob in arguments.exclude_globs]
    found: dict[str, InputFile] = {}
    for glob in globs:
        matched = False
        for root, folder in folders:
            for inside, entry in _matches(folder, glob, root):
                matched = True
                name = f"{root}/{inside}"
                if name in found or any(regex.match(inside) or regex.match(name) for regex in excluded):
                    continue
                status = entry.stat()
                found[name] = InputFile(str(entry), name, status.st_size, str(status.st_mtime_ns))
        if not matched:
            raise InputError(
                f"glob {glob!r} matches no file under {', '.join(arguments.roots)} "
                f"(looked in {', '.join(str(folder) for _, folder in folders)})"
            )
    if not found:
        raise InputError("`exclude_globs` leave no file")
    return _with_path_fields(sorted(found.values(), key=lambda file: file.name), arguments.path_regex)


def _root_folders(roots: list[str]) -> list[tuple[str, Path]]:
    """(name, folder) pairs; `site-packages` can be two folders."""
    folders: list[tuple[str, Path]] = []
    for root in roots:
        paths = sysconfig.get_paths()
        if root == "site-packages":
            where = sorted({os.path.realpath(paths[key]) for key in ("purelib", "platlib")})
        elif root == "stdlib":
            where = [os.path.realpath(paths["stdlib"])]
        else:
            where = [root]
        for folder in map(Path, where):
            if not folder.exists():
                raise InputError(f"root {root} does not exist (looked for {folder.resolve()})")
            folders.append((folder.resolve().name if root not in ("site-packages", "stdlib") else root, folder))
    names = [name for name, _ in folders if name != "site-packages"]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two roots are called {name!r}, so their files could not be told apart; rename one")
    return folders


def _matches(root: Path, glob: str, root_name: str) -> Iterator[tuple[str, Path]]:
    """(path in the root, file) for the files under a root that a glob matches, walking no more than it has to."""
    if root.is_file():
        yield root.name, root
        return
    own = glob.removeprefix(f"{root_name}/")
    regex = re.compile(glob_translate(own))
    start = []
    for part in own.split("/")[:-1]:
        if re.search(r"[*?\[]", part):
            break
        start.append(part)
    for folder, subfolders, files in os.walk(root.joinpath(*start)):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__pycache__")))
        if root_name == "stdlib" and Path(folder) == root:
            subfolders[:] = [name for name in subfolders if name not in ("site-packages", "dist-packages")]
        for name in sorted(files):
            path = Path(folder, name)
            inside = path.relative_to(root).as_posix()
            if not name.startswith(".") and regex.match(inside):
                yield inside, path


def _with_path_fields(files: list[InputFile], path_regex: str | None) -> list[InputFile]:
    if path_regex is None:
        return files
    regex = re.compile(path_regex)
    matches = [(file, regex.match(file.name)) for file in files]
    if not any(match for _, match in matches):
        raise InputError(
            f"`path_regex` {path_regex!r} matches none of {len(files)} files; it is matched from the start of, "
            f"for example, {files[0].name!r}"
        )
    return [
        InputFile(file.path, file.name, file.size, file.version, match and _named_groups(match))
        for file, match in matches
    ]


def _named_groups(match: re.Match) -> dict[str, str]:
    return {name: value for name, value in match.groupdict().items() if value is not None}
