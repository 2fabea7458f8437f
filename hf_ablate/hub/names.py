"""What the parts of a study are called on the Hub, and where they lie in a run folder."""

import re
from dataclasses import dataclass

from ..corpus.names import check_names
from ..errors import InputError
from ..manifest import digest


@dataclass(frozen=True)
class Names:
    """Repository ids from the prefix `ORG/NAME`.

    Example:

    ```python
    >>> names = Names("ada/quickstart")
    >>> names.of("component:sympy"), names.of("seed"), names.namespace
    ('ada/quickstart-component-sympy', 'ada/quickstart-seed', 'ada')

    ```
    """

    prefix: str

    @property
    def namespace(self) -> str:
        return self.prefix.split("/")[0]

    def of(self, member: str) -> str:
        """The repository of a member: `seed`, `component:<unit>`, `corpus`, `pool`, …

        A name that the Hub does not take is simplified, with digits of its digest so that two never fall together.
        """
        if member.startswith("metric:"):  # `evaluate.load` wants the Space to be called like its module
            return f"{self.namespace}/{member.partition(':')[2]}"
        kind, _, name = member.partition(":")
        room = 96 - len(self.prefix) - len(kind) - 2
        simple = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:room]
        if name and (simple != name or len(name) > room):
            simple = f"{simple[: room - 7]}-{digest(name)[:6]}".lstrip("-")
        return f"{self.prefix}-{kind}" + (f"-{simple}" if name else "")


def part_of(member: str) -> str:
    """The value of `--what` that a member belongs to.

    Example:

    ```python
    >>> part_of("component:sympy"), part_of("eval"), part_of("merged:m-1")
    ('components', 'corpus', 'merged')

    ```
    """
    kind = member.partition(":")[0]
    return {
        "component": "components",
        "adapter": "components",
        "reference": "references",
        "eval": "corpus",
        "metric": "metrics",
    }.get(kind, kind)


def places(member: str) -> list[tuple[str, str, str]]:
    """Where a member's files lie: (folder in the repository, folder in the run folder that is finished as a whole,
    folder in that one).

    Raises:
        `InputError`: for a member that no study has, or whose name is unsafe as a folder.
    """
    kind, _, name = member.partition(":")
    if name:
        try:
            check_names([name])
        except InputError as error:
            raise InputError(f"{member!r} is no safe name for a folder: {error}") from error
    folders = {"component": f"models/components/{name}", "reference": f"models/references/{name}"}
    folders |= {"merged": f"models/merged/{name}"}
    if kind in folders and name:
        return [("", folders[kind], "")]
    if kind == "adapter" and name:
        return [("", folders["component"], "adapter")]
    fixed = {
        "seed": [("", "models/seed", "")],
        "corpus": [("", "corpus", "")],
        "eval": [("", "corpus", "eval")],
        "scores": [("run/scores", "scores", ""), ("run/mixtures", "mixtures", ""), ("run/ranking", "ranking", "")],
        "report": [("", "report", "")],
    }
    if kind not in fixed or name:
        raise InputError(f"{member!r} is no part of a study that can be pulled")
    return fixed[kind]
