"""Which of a study's mixtures are meant by an id, a name, a pattern or `best`, and which mixture by weights."""

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
    candidates = [candidate.mixture for candidate in read_mixtures(run_dir)]
    chosen: dict[str, Mixture] = {}
    for name in names:
        wanted = read_ranking(run_dir).entries()[0]["mixture_id"] if name == BEST else name
        found = find_mixtures(wanted, candidates, _units(run_dir))
        if not found:
            raise InputError(
                f"none of the study's {len(candidates)} mixtures has the id or name {wanted!r}; "
                f"{RunFolder(run_dir).mixtures_file} lists them, and `weights` takes any mixture"
            )
        chosen |= {mixture.id: mixture for mixture in found}
    return list(chosen.values())


def mixture_of_weights(run_dir: Path, weights: dict[str, float]) -> Mixture:
    """The mixture that weights of units, patterns and groups of a study mean, as `enumerate`'s `given` takes them.

    Args:
        run_dir (`Path`): the study's run folder; where it has no corpus, its components say which units there are.
        weights (`dict[str, float]`): unit, pattern or group → its weight, in proportion to others.

    Raises:
        `InputError`: for unknown names, with the nearest, and weights that are not numbers of 0 or more.
    """
    return given(_units(run_dir), weights)


def _units(run_dir: Path) -> CorpusUnits:
    folder = RunFolder(run_dir)
    if has_manifest(folder.corpus) or has_manifest(folder.observations):
        return CorpusUnits.read(run_dir)
    return CorpusUnits(list(dict.fromkeys(unit for probe in read_probes(run_dir).values() for unit in probe.units)))
