"""The mixture that a user asks about: `best`, `uniform`, an id, a name, or weights."""

from pathlib import Path

from ..errors import InputError
from ..manifest import has_manifest
from ..mixtures.choose import BEST, choose_mixture, weights_of_text
from ..mixtures.mixture import Mixture
from ..mixtures.names import find_mixture
from ..mixtures.ranked import read_ranking
from ..prediction.evidence import Evidence
from ..prediction.targets import DomainWeights
from ..run_folder import RunFolder


UNIFORM = "uniform"


def asked_mixture(run_dir: Path, asked: str, evidence: Evidence, target: DomainWeights) -> Mixture:
    """The mixture that is meant.

    Args:
        run_dir (`Path`): of the study.
        asked (`str`): `best` (the first of the ranking on the target, or on the study's target where there is none on
            it), `uniform` (all units), an id or a name of one of the study's mixtures, or weights as JSON.
        evidence ([`Evidence`]): whose units mixtures are made of.
        target ([`DomainWeights`]): that is judged.

    Raises:
        `InputError`: for an unknown mixture or unit, and for `best` before the mixtures are ranked.
    """
    if asked.lstrip().startswith("{"):
        mixture = Mixture.of(weights_of_text(asked))
        mixture.check_units(list(evidence.units))
        return mixture
    if asked == UNIFORM:
        return Mixture.uniform(list(evidence.units))
    if asked == BEST:
        ranking = read_ranking(run_dir)
        first = ranking.entries(target.name) or ranking.entries()
        return Mixture.of(ranking.mixtures[first[0]["mixture_id"]]["mixture"])
    if has_manifest(RunFolder(run_dir).mixtures):
        return choose_mixture(run_dir, asked)
    return _imported(asked, evidence)


def _imported(asked: str, evidence: Evidence) -> Mixture:
    """Of a run folder with imported runs alone."""
    known = [evidence.mixture_of(weights) for weights in evidence.known_mixtures]
    mixture = find_mixture(asked, known)
    if mixture is None:
        raise InputError(
            f"none of the {len(known)} mixtures with runs has the id or name {asked!r}; expected `uniform`, "
            "`best`, or weights as JSON"
        )
    return mixture
