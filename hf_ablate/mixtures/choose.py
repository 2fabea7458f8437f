"""Which of a study's mixtures are meant by an id, a name, a pattern or `best`, and which mixture by weights."""

import json
from pathlib import Path

from ..errors import InputError
from ..manifest import has_manifest
from ..run_folder import RunFolder
from .enumerate import read_mixtures
from .methods import given
from .mixture import Mixture
from .names import find_mixtures
from .probes import read_probes
from .ranked import read_ranking
from .units import CorpusUnits


BEST = "best"


def choose_mixtures(run_dir: Path, names: list[str]) -> list[Mixture]:
    """The candidate mixtures that are named, each once, in the order of the names.

    Args:
        run_dir (`Path`): the study's run folder.
        names (`list[str]`): ids (`m-…`), names (`pandas + scipy`, `field=biology (18)`), patterns of names
            (`pandas + *`), or `best`: the first of the ranking.

    Raises:
        `InputError`: for a name that no candidate has, and for `best` before the mixtures are ranked.
    """
    candidates = _candidates(run_dir)
    chosen: dict[str, Mixture] = {}
    for name in names:
        wanted = read_ranking(run_dir).best_id if name == BEST else name
        found = find_mixtures(wanted, candidates, units_of_study(run_dir))
        if not found:
            raise InputError(
                f"none of the study's {len(candidates)} mixtures has the id or name {wanted!r}; "
                f"{RunFolder(run_dir).mixtures_file} lists them, and a mixture of your own is given by its weights"
            )
        chosen |= {mixture.id: mixture for mixture in found}
    return list(chosen.values())


def choose_mixture(run_dir: Path, asked: str) -> Mixture:
    """The one mixture that is meant.

    Args:
        run_dir (`Path`): the study's run folder.
        asked (`str`): `best`, an id or a name as of [`choose_mixtures`], or weights as JSON as of
            [`mixture_of_weights`].

    Raises:
        `InputError`: for a name that no candidate or several have, unknown units, and `best` before the mixtures are
            ranked.
    """
    if asked.lstrip().startswith("{"):
        return mixture_of_weights(run_dir, weights_of_text(asked))
    found = choose_mixtures(run_dir, [asked])
    if len(found) > 1:
        raise InputError(f"{asked!r} means {len(found)} of the study's mixtures; name one of them")
    return found[0]


def weights_of_text(text: str) -> dict[str, float]:
    """Weights of a mixture that were given as JSON.

    Raises:
        `InputError`: if it is not JSON.

    Example:

    ```python
    >>> weights_of_text('{"pandas": 2, "scipy": 1}')
    {'pandas': 2, 'scipy': 1}

    ```
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f'the mixture {text!r} is not a mapping in JSON; expected for example \'{{"pandas": 2, "scipy": 1}}\''
        ) from error


def mixture_of_weights(run_dir: Path, weights: dict[str, float]) -> Mixture:
    """The mixture that weights of units, patterns and groups of a study mean, as `enumerate`'s `given` takes them.

    Args:
        run_dir (`Path`): the study's run folder; where it has no corpus, its components say which units there are.
        weights (`dict[str, float]`): unit, pattern or group → its weight, in proportion to others.

    Raises:
        `InputError`: for unknown names, with the nearest, and weights that are not numbers of 0 or more.
    """
    return given(units_of_study(run_dir), weights)


def units_of_study(run_dir: Path) -> CorpusUnits:
    """The units of a study's corpus or imported runs; where it has neither, those that its components were trained on.

    Args:
        run_dir (`Path`): the study's run folder.
    """
    folder = RunFolder(run_dir)
    if has_manifest(folder.corpus) or has_manifest(folder.observations):
        return CorpusUnits.read(run_dir)
    return CorpusUnits(list(dict.fromkeys(unit for probe in read_probes(run_dir).values() for unit in probe.units)))


def _candidates(run_dir: Path) -> list[Mixture]:
    """The mixtures that were enumerated or, in a study of imported runs, ranked."""
    folder = RunFolder(run_dir)
    if has_manifest(folder.ranking) and not has_manifest(folder.mixtures):
        return read_ranking(run_dir).candidates
    return [candidate.mixture for candidate in read_mixtures(run_dir)]
