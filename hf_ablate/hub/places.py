"""Where the members of a pool are in a run folder, and to which part of a study they belong."""

from dataclasses import dataclass
from pathlib import Path

from ..corpus.names import check_names
from ..errors import InputError
from ..run_folder import RunFolder, model_id, split_model_id
from ..saved_model import ADAPTER


LAYOUT = RunFolder(Path())  # all places relative to the run folder
RUN = "run"  # the folder in the repository of scores that holds folders of the run folder
# The folders of the run folder that are in the repository of scores.
WITH_SCORES = (
    LAYOUT.scores, LAYOUT.mixtures, LAYOUT.ranking, LAYOUT.effects, LAYOUT.updates, LAYOUT.observations
)  # fmt: skip
_NAMED = ("component", "adapter", "reference", "merged")


@dataclass(frozen=True)
class Place:
    """Where files of a member are.

    Args:
        in_repository (`str`): the folder in the repository; empty for the whole repository.
        folder (`Path`): the folder in the run folder that is finished as a whole.
        inside (`str`): the folder in that one; empty for that one itself.
    """

    in_repository: str
    folder: Path
    inside: str = ""


def find_places(member: str) -> list[Place]:
    """Where the files of a member are.

    Args:
        member (`str`): `seed`, `component:<unit>`, `corpus`, …

    Raises:
        `InputError`: for a member that no study has, or whose name is not safe as the name of a folder.
    """
    kind, name = split_model_id(member)
    if name:
        try:
            check_names([name])
        except InputError as error:
            raise InputError(f"{member!r} is not safe as the name of a folder: {error}") from error
    if (kind in _NAMED) != bool(name):
        raise InputError(f"{member!r} is not a part of a study that can be pulled")
    if kind == "adapter":
        return [Place("", LAYOUT.component(name), ADAPTER)]
    if kind in (*_NAMED, "seed"):
        return [Place("", LAYOUT.model(model_id(kind, name)))]
    if kind == "corpus":
        return [Place("", LAYOUT.corpus)]
    if kind == "eval":
        return [Place("", LAYOUT.corpus, LAYOUT.eval.relative_to(LAYOUT.corpus).as_posix())]
    if kind == "scores":
        return [Place(f"{RUN}/{folder}", folder) for folder in WITH_SCORES]
    if kind == "report":
        return [Place("", LAYOUT.report)]
    if kind == "explorer":  # the report's repository holds it too
        return []
    raise InputError(f"{member!r} is not a part of a study that can be pulled")


def part_of(member: str) -> str:
    """The value of `--what` that a member belongs to.

    Example:

    ```python
    >>> part_of("component:sympy"), part_of("eval"), part_of("merged:m-1")
    ('components', 'corpus', 'merged')

    ```
    """
    kind, _ = split_model_id(member)
    return {
        "component": "components",
        "adapter": "components",
        "reference": "references",
        "eval": "corpus",
        "metric": "metrics",
    }.get(kind, kind)
