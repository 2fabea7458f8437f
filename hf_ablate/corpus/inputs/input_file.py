"""An input file, or a part of a data set."""

from dataclasses import dataclass, field

from ...byte_streams import is_url


@dataclass(frozen=True)
class InputFile:
    """A file to read, or a part of a data set.

    Args:
        path (`str`): where it is: a path, or a URL.
        name (`str`): `<root name>/<path in root>`: the same on every machine, unlike `path`.
        size (`int`): in bytes, as stored.
        version (`str`): what changes when the content does; only compared.
        fields (`dict[str, str] | None`): what `path_regex` found; `None` where it did not match.
        rows (`tuple[int, int] | None`): the part of the rows that this is; `None` for all.
        collection (`str`): the name of its collection; empty where a recipe describes only one.
    """

    path: str
    name: str
    size: int
    version: str
    fields: dict[str, str] | None = field(default_factory=dict)
    rows: tuple[int, int] | None = None
    collection: str = ""

    @property
    def origin(self) -> str:
        """Where it comes from, in a word: its collection or, where there is only one, its root."""
        return self.collection or self.name.split("/", 1)[0]


def root_name(root: str) -> str:
    """What a root is called in names of files, wherever it is.

    Example:

    ```python
    >>> root_name("hf://datasets/claran/modular-s2orc@main"), root_name("data/wiki/")
    ('modular-s2orc', 'wiki')

    ```
    """
    return root.rstrip("/").rsplit("/", 1)[-1].split("@" if is_url(root) else "\0")[0]
