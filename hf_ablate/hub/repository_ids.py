"""What the parts of a study are called on the Hub."""

import re
from dataclasses import dataclass

from ..manifest import digest
from ..run_folder import split_model_id


_MAX_LENGTH = 96  # of a repository's id


@dataclass(frozen=True)
class RepositoryIds:
    """The ids of a study's repositories.

    Args:
        prefix (`str`): `ORG/NAME`, with which the ids start.

    Example:

    ```python
    >>> ids = RepositoryIds("ada/quickstart")
    >>> ids.of("component:sympy"), ids.of("seed"), ids.namespace
    ('ada/quickstart-component-sympy', 'ada/quickstart-seed', 'ada')

    ```
    """

    prefix: str

    @property
    def namespace(self) -> str:
        """The user or organisation that owns the repositories."""
        return self.prefix.split("/")[0]

    @property
    def study(self) -> str:
        """The study's name, which the collection has too."""
        return self.prefix.split("/")[1]

    def of(self, member: str) -> str:
        """The repository of a member.

        A name that the Hub does not accept is simplified, and gets digits of its digest so that no two coincide.

        Args:
            member (`str`): `seed`, `component:<unit>`, `corpus`, `pool`, …
        """
        kind, name = split_model_id(member)
        if kind == "metric":  # `evaluate.load` needs a Space to have the name of its module
            return f"{self.namespace}/{name}"
        room = _MAX_LENGTH - len(self.prefix) - len(kind) - 2
        simple = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:room]
        if name and (simple != name or len(name) > room):
            simple = f"{simple[: room - 7]}-{digest(name)[:6]}".lstrip("-")
        return f"{self.prefix}-{kind}" + (f"-{simple}" if name else "")
