"""The input files of a corpus: roots and globs to a sorted list, with the fields that their paths give."""

import dataclasses
import re
from dataclasses import dataclass, field

from fsspec.utils import glob_translate

from ..byte_streams import is_url
from ..errors import InputError
from .document_arguments import DocumentArguments
from .local_files import local_files, local_roots
from .remote_files import remote_files


@dataclass(frozen=True)
class InputFile:
    """A file to read, or a part of a data set.

    Args:
        path (`str`): where it lies: a path, or a URL.
        name (`str`): `<root name>/<path in root>`: the same on every machine, unlike `path`.
        size (`int`): in bytes, as stored.
        version (`str`): what changes when the content does; only compared.
        fields (`dict[str, str] | None`): what `path_regex` found; None where it did not match.
        rows (`tuple[int, int] | None`): the part of the rows that this stands for; None for all.
    """

    path: str
    name: str
    size: int
    version: str
    fields: dict[str, str] | None = field(default_factory=dict)
    rows: tuple[int, int] | None = None

    @property
    def root(self) -> str:
        """The name of its root."""
        return self.name.split("/", 1)[0]


def list_inputs(arguments: DocumentArguments) -> list[InputFile]:
    """All input files, sorted by name.

    Raises:
        `InputError`: for a root that does not exist, two roots of one name, or a glob that matches nothing.
    """
    if arguments.source == "hub":
        from .readers.hub import list_data_sets

        return list_data_sets(arguments)
    excluded = [re.compile(glob_translate(glob)) for glob in arguments.exclude_globs]
    found: dict[str, InputFile] = {}
    roots = _roots(arguments.roots)
    for glob in arguments.globs or ["**"]:
        matched = False
        for root, where in roots:
            files = remote_files if is_url(where) else local_files
            for inside, path, size, version in files(where, glob, root):
                matched = True
                name = f"{root}/{inside}"
                if name in found or any(regex.match(inside) or regex.match(name) for regex in excluded):
                    continue
                found[name] = InputFile(path, name, size, version)
        if not matched:
            raise InputError(
                f"glob {glob!r} matches no file under {', '.join(arguments.roots)} "
                f"(looked in {', '.join(where for _, where in roots)})"
            )
    if not found:
        raise InputError("`exclude_globs` leave no file")
    return _with_path_fields(sorted(found.values(), key=lambda file: file.name), arguments.path_regex)


def root_name(root: str) -> str:
    """What a root is called in names of files, wherever it lies.

    Example:

    ```python
    >>> root_name("hf://datasets/claran/modular-s2orc@main"), root_name("data/wiki/")
    ('modular-s2orc', 'wiki')

    ```
    """
    return root.rstrip("/").rsplit("/", 1)[-1].split("@" if is_url(root) else "\0")[0]


def _roots(roots: list[str]) -> list[tuple[str, str]]:
    """(name, place) pairs."""
    found: list[tuple[str, str]] = []
    for root in roots:
        found += [(root_name(root), root)] if is_url(root) else local_roots(root)
    names = [name for name, _ in found if name != "site-packages"]  # which can be two folders
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two roots are called {name!r}, so their files could not be told apart; rename one")
    return found


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
    return [dataclasses.replace(file, fields=match and _named_groups(match)) for file, match in matches]


def _named_groups(match: re.Match) -> dict[str, str]:
    return {name: value for name, value in match.groupdict().items() if value is not None}
