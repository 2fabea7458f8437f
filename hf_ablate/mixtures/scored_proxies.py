"""Which proxies of a study's mixtures are scored: all of them, or a share of those that cost forward passes."""

import math

from .enumerate import CandidateMixture
from .mixture import Mixture
from .proxies import MERGE, Proxy, find_proxies
from .space_filling import space_filling


def scored_proxies(
    candidates: list[CandidateMixture], option: str, merged_share: float = 1.0
) -> list[tuple[Proxy, Mixture]]:
    """The proxies that are scored, in the order in which they are.

    Averaged probabilities are scored for every mixture: they take no forward pass. Of the merges, those of mixtures of
    one unit are, which as a rule are the components, and those of mixtures with a reference model, which show what
    proxies are worth. The others that the share allows for are those that fill the space of all mixtures best, in an
    order that depends on the mixtures alone, so that a larger share keeps what a smaller one chose.

    Args:
        candidates (`list[CandidateMixture]`): the study's mixtures.
        option (`str`): `merge`, `ensemble` or `both`.
        merged_share (`float`): how many of the mixtures of two units or more are merged, above 0 and up to 1, which is
            all; more where more have a reference model.
    """
    merged = _merged(candidates, merged_share)
    return [
        (proxy, candidate.mixture)
        for proxy in find_proxies(option)
        for candidate in candidates
        if proxy != MERGE or candidate.mixture.id in merged
    ]


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
