"""Which of a study's mixtures are meant by an id, by a name, or by `best`."""

from pathlib import Path

from ..errors import InputError
from ..run_folder import RunFolder
from .enumerate import read_mixtures
from .mixture import Mixture
from .ranked import read_ranking


BEST = "best"


def choose_mixtures(run_dir: Path, names: list[str]) -> list[Mixture]:
    """The candidate mixtures that are named, each once, in the order of the names.

    Args:
        run_dir (`Path`): the study's run folder.
        names (`list[str]`): ids (`m-…`), names (`pandas + scipy`), or `best`: the first of the ranking.

    Raises:
        `InputError`: for a name that no candidate has, and for `best` before the mixtures are ranked.
    """
    candidates = [candidate.mixture for candidate in read_mixtures(run_dir)]
    chosen: dict[str, Mixture] = {}
    for name in names:
        wanted = read_ranking(run_dir).entries()[0]["mixture_id"] if name == BEST else name
        mixture = find_mixture(wanted, candidates)
        if mixture is None:
            raise InputError(
                f"none of the study's {len(candidates)} mixtures has the id or name {wanted!r}; "
                f"{RunFolder(run_dir).mixtures_file} lists them, and `weights` takes any mixture"
            )
        chosen[mixture.id] = mixture
    return list(chosen.values())


def find_mixture(name: str, mixtures: list[Mixture]) -> Mixture | None:
    """The mixture with this id or name; `None` if there is none.

    Example:

    ```python
    >>> mixtures = [Mixture.uniform(["a"]), Mixture.uniform(["a", "b"])]
    >>> find_mixture("a + b", mixtures) is find_mixture(mixtures[1].id, mixtures)
    True

    ```
    """
    return next((mixture for mixture in mixtures if name in (mixture.id, mixture.name)), None)
