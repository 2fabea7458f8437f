"""From roots and globs to a sorted list of input files, with the fields that their paths give."""

import re
from dataclasses import replace

from fsspec.utils import glob_translate

from ...byte_streams import is_url
from ...errors import InputError
from .companions import is_companion
from .input_file import InputFile, root_name
from .local_files import local_files, local_roots
from .remote_files import remote_files
from .skipped import Skipped


def list_files(
    kind: str, roots: list[str], globs: list[str], exclude_globs: list[str], path_regex: str | None
) -> list[InputFile]:
    """All input files, sorted by name. What is under the roots but is not read is reported, a line per reason.

    Args:
        kind (`str`): what the files are: `files`, `jsonl`, `parquet` or `tokens`.
        roots (`list[str]`): folders, files or URLs.
        globs (`list[str]`): which files, relative to a root or starting with its name; all if there is none.
        exclude_globs (`list[str]`): which of these to leave out.
        path_regex (`str | None`): matched from the start of names; its named groups become fields.

    Raises:
        `InputError`: for a root that does not exist, two roots of one name, a glob that matches nothing, or a file or
            folder that cannot be read.
    """
    excluded = [re.compile(glob_translate(glob)) for glob in exclude_globs]

    def is_excluded(name: str) -> bool:
        return any(regex.match(name.split("/", 1)[1]) or regex.match(name) for regex in excluded)

    skipped = Skipped()
    listed: dict[str, InputFile] = {}
    places = _places_of(roots)
    for glob in globs or ["**"]:
        matched = False
        for root, where in places:
            files = remote_files if is_url(where) else local_files
            for inside, path, size, version in files(where, glob, root, skipped):
                matched = True
                name = f"{root}/{inside}"
                if name in listed or is_excluded(name):
                    continue
                listed[name] = InputFile(path, name, size, version)
        skipped.check(is_excluded)
        if not matched:
            raise InputError(
                f"glob {glob!r} matches no file under {', '.join(roots)} "
                f"(looked in {', '.join(where for _, where in places)})"
            )
    if not listed:
        raise InputError("`exclude_globs` leave no file")
    files = []
    for name in sorted(listed):
        if is_companion(listed[name], kind):
            skipped.add("no documents, by name and content", name)
        else:
            files.append(listed[name])
    skipped.report(is_excluded)
    if not files:
        raise InputError(f"there is no file of `source: {kind}` under {', '.join(roots)}")
    return with_path_fields(files, path_regex)


def _places_of(roots: list[str]) -> list[tuple[str, str]]:
    """(name, place) pairs."""
    places: list[tuple[str, str]] = []
    for root in roots:
        places += [(root_name(root), root)] if is_url(root) else local_roots(root)
    names = [name for name, _ in places if name != "site-packages"]  # which can be two folders
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two roots are called {name!r}, so their files cannot be distinguished; rename one")
    return places


def with_path_fields(files: list[InputFile], path_regex: str | None) -> list[InputFile]:
    """The files with the fields that their names give.

    Args:
        files (`list[InputFile]`): the files.
        path_regex (`str | None`): matched from the start of names; its named groups become fields.

    Raises:
        `InputError`: if it matches no name.
    """
    if path_regex is None:
        return files
    regex = re.compile(path_regex)
    matches = [(file, regex.match(file.name)) for file in files]
    if not any(match for _, match in matches):
        raise InputError(
            f"`path_regex` {path_regex!r} matches none of {len(files)} files; it is matched from the start of, "
            f"for example, {files[0].name!r}"
        )
    return [replace(file, fields=match and _named_groups(match)) for file, match in matches]


def _named_groups(match: re.Match) -> dict[str, str]:
    return {name: value for name, value in match.groupdict().items() if value is not None}
