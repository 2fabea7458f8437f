"""The mixture that a user asks about: `best`, `uniform`, an id, a name, or weights."""

import json
from pathlib import Path

from ..errors import InputError
from ..manifest import has_manifest
from ..mixtures.choose import BEST, choose_mixtures
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
        asked (`str`): `best` (the first of the ranking on the target, or on the mean of domains where there is none on
            the target), `uniform` (all units), an id or a name of one of the study's mixtures, or weights as JSON.
        evidence ([`Evidence`]): whose units mixtures are made of.
        target ([`DomainWeights`]): that is judged.

    Raises:
        `InputError`: for an unknown mixture or unit, and for `best` before the mixtures are ranked.
    """
    if asked.lstrip().startswith("{"):
        mixture = Mixture.of(_weights(asked))
        mixture.check_units(list(evidence.units))
        return mixture
    if asked == UNIFORM:
        return Mixture.uniform(list(evidence.units))
    if asked == BEST:
        ranking = read_ranking(run_dir)
        first = ranking.entries(target.name) or ranking.entries()
        return Mixture.of(ranking.mixtures[first[0]["mixture_id"]]["mixture"])
    if has_manifest(RunFolder(run_dir).mixtures):
        found = choose_mixtures(run_dir, [asked])
        if len(found) > 1:
            raise InputError(f"{asked!r} means {len(found)} of the study's mixtures; name one of them")
        return found[0]
    return _imported(asked, evidence)


def _imported(asked: str, evidence: Evidence) -> Mixture:
    """Of a run folder with imported runs alone."""
    known = [evidence.mixture_of(weights) for weights in evidence.known_mixtures()]
    mixture = find_mixture(asked, known)
    if mixture is None:
        raise InputError(
            f"none of the {len(known)} mixtures with runs has the id or name {asked!r}; expected `uniform`, "
            "`best`, or weights as JSON"
        )
    return mixture


def _weights(asked: str) -> dict[str, float]:
    try:
        return json.loads(asked)
    except json.JSONDecodeError as error:
        raise InputError(
            f'the mixture {asked!r} is not a mapping in JSON; expected for example \'{{"pandas": 2, "scipy": 1}}\''
        ) from error
