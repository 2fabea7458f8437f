"""Which proxies of a study's mixtures are scored: all of them, or a share of those that cost forward passes."""

import math
from collections.abc import Collection

from .enumerate import CandidateMixture
from .grouping import Grouping
from .mixture import Mixture
from .proxies import MERGE, Proxy, find_proxies
from .space_filling import space_filling


def scored_proxies(
    candidates: list[CandidateMixture],
    option: str,
    merged_share: float = 1.0,
    groupings: Collection[Grouping] = (),
) -> list[tuple[Proxy, Mixture]]:
    """The proxies that are scored, in the order in which they are.

    Averaged probabilities are scored for every mixture: they take no forward pass. Of the merges, those of mixtures of
    one unit are, which as a rule are the components, and those of mixtures with a reference model, which show what
    proxies are worth. The others that the share allows for are those that fill the space of all mixtures best, in an
    order that depends on the mixtures alone, so that a larger share keeps what a smaller one chose.

    A macro proxy is the proxy of another mixture, the regrouped one, which may be a candidate too: it follows the
    candidates' own, unless it is among them.

    Args:
        candidates (`list[CandidateMixture]`): the study's mixtures.
        option (`str`): `merge`, `ensemble` or `both`.
        merged_share (`float`): how many of the mixtures of two units or more are merged, above 0 and up to 1, which is
            all; more where more have a reference model.
        groupings (`Collection[Grouping]`): by which there are macro proxies too, of the mixtures that have the plain.
    """
    mixtures = [candidate.mixture for candidate in candidates]
    merged = _merged(candidates, merged_share)
    return [
        (proxy, mixture)
        for proxy in find_proxies(option)
        for mixture in with_regrouped(
            [mixture for mixture in mixtures if proxy != MERGE or mixture.id in merged], groupings, mixtures
        )
    ]


def with_regrouped(
    mixtures: list[Mixture], groupings: Collection[Grouping], candidates: Collection[Mixture] = ()
) -> list[Mixture]:
    """Mixtures, and what their macro proxies are the proxies of, each once.

    Args:
        mixtures (`list[Mixture]`): of units.
        groupings (`Collection[Grouping]`): by which they are regrouped.
        candidates (`Collection[Mixture]`): what a regrouped mixture that is one of these is taken from, since its
            weights may differ from it by rounding.
    """
    known = {mixture.id: mixture for mixture in [*candidates, *mixtures]}
    regrouped = [grouping.regrouped(mixture) for grouping in groupings for mixture in mixtures]
    found = [*mixtures, *(known.get(mixture.id, mixture) for mixture in regrouped)]
    return list({mixture.id: mixture for mixture in found}.values())


def _merged(candidates: list[CandidateMixture], share: float) -> set[str]:
    """The ids of the mixtures that are merged."""
    if share == 1:
        return {candidate.mixture.id for candidate in candidates}
    several = [candidate for candidate in candidates if len(candidate.mixture.units) > 1]
    count = math.ceil(round(share * len(several), 6))  # rounded: 0.07 times 100 is 7.000000000000001
    merged = {candidate.mixture.id for candidate in several if candidate.reference}
    for mixture in space_filling([candidate.mixture for candidate in several], count):
        if len(merged) < count:
            merged.add(mixture.id)
    return merged | {candidate.mixture.id for candidate in candidates if len(candidate.mixture.units) == 1}
