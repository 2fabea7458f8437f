"""The files of evaluation text under a place: JSON lines with a `text`, whatever they are called."""

from ...byte_streams import is_url
from ...json_lines import holds_rows, is_json_lines_name
from .local_files import local_files
from .remote_files import remote_files
from .skipped import Skipped


def text_files(place: str, name: str, skipped: Skipped) -> list[tuple[str, str, int, str]]:
    """The files under a folder or URL, or the one file that it is, that hold evaluation text.

    Args:
        place (`str`): the folder, file or URL.
        name (`str`): what messages call it.
        skipped ([`Skipped`]): takes the other files, and those that cannot be read.

    Returns:
        `list`: (path in the place, path, size in bytes, version) of each file.
    """
    list_all = remote_files if is_url(place) else local_files
    chosen = []
    for file in list_all(place, "**", name, skipped):
        if is_json_lines_name(file[0]) or holds_rows(file[1], "text"):
            chosen.append(file)
        else:
            skipped.add("no `text` a line", f"{name}/{file[0]}")
    return chosen
