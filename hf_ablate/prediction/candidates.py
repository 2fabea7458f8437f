"""The predictors that a study can be answered by: what each combines, and what is expected of it."""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

from ..errors import unknown_name
from ..mixtures.proxies import ENSEMBLE, MERGE, find_proxy


STACK = "stack"
LAWS = "laws"
OTHER_SCALE = "other_scale"
SOFT_MINIMUM = "soft_minimum"
OWN_WEIGHT = "own_domain_weight"
_FITTED = (LAWS, "exponential_law", "power_law", "process", "trees")  # on the references
COMMON = math.nan  # the slope that all domains have in common


@dataclass(frozen=True)
class Candidate:
    """A predictor that cross-validation on the reference models can choose.

    Args:
        name (`str`): its word in options and its key in files.
        label (`str`): what people read.
        description (`str`): what its prediction is.
        features (`tuple[str, ...]`): what it combines; for most, itself alone.
        expected (`tuple[float, ...]`): the slope that is expected of each feature: 1 for what is itself a loss at the
            scale that is asked about, 0 for what stands beside it, [`COMMON`] for what only orders mixtures.
        is_baseline (`bool`): whether it needs no more than the components' own scores and the weights.
        only_asked_for (`bool`): whether it is judged, but answers only where the user names it.
        is_bounded (`bool`): whether it is not a loss itself: what it has beyond its values at the references, where
            nothing says how losses go on, counts as uncertainty alone.
    """

    name: str
    label: str
    description: str
    features: tuple[str, ...]
    expected: tuple[float, ...]
    is_baseline: bool = False
    only_asked_for: bool = False
    is_bounded: bool = False


def _single(name: str, label: str, description: str, expected: float, is_baseline: bool = False) -> Candidate:
    is_bounded = is_baseline and math.isnan(expected)
    return Candidate(name, label, description, (name,), (expected,), is_baseline, is_bounded=is_bounded)


# Where nothing can be judged, the first of these that a study has answers: on a pool of 70 reference models averaged
# probabilities decided 94 % of pairs without any calibration, the soft minimum 89 %, merged weights 78 %.
SINGLE = (
    _single(OTHER_SCALE, "runs at another scale", "laws fitted on the runs at the nearest scale", COMMON),
    _single(ENSEMBLE.kind, ENSEMBLE.label, ENSEMBLE.description, 1.0),
    _single(MERGE.kind, MERGE.label, MERGE.description, 1.0),
    _single(LAWS, "mixing laws", "mean of the laws below, weighted by their cross-validated errors", 1.0),
    _single("exponential_law", "exponential law", "c + k exp(t · weights), fitted on the runs", 1.0),
    _single("power_law", "power law", "linear in a power of the weights, fitted on the runs", 1.0),
    _single("process", "Gaussian process", "process on square roots of the weights, fitted on the runs", 1.0),
    _single("trees", "gradient-boosted trees", "LightGBM on the runs, as RegMix has it; only where asked for", 1.0),
    _single(SOFT_MINIMUM, "soft minimum", "soft minimum of the components' own scores, by weight", 1.0, True),
    _single("component_mean", "mean of components", "mean of the components' own scores, by weight", 1.0, True),
    _single("component_min", "best component", "best of the components' own scores, domain by domain", 1.0, True),
    _single(OWN_WEIGHT, "own-domain weight", "weight of the unit that the domain is held out from", COMMON, True),
    _single("number_of_units", "number of units", "number of units in the mixture", COMMON, True),
)  # fmt: skip


def candidates(available: Collection[str], of_other_scale: bool = False) -> list[Candidate]:
    """The predictors of a study, the stack first.

    Args:
        available (`Collection[str]`): the names of the features that it has.
        of_other_scale (`bool`): whether components and proxies are of another scale than the references.
    """
    found = [*_stack(available), *map(find_candidate, in_order(available))]
    return list(map(_of_other_scale, found)) if of_other_scale else found


def _of_other_scale(candidate: Candidate) -> Candidate:
    """The same where what was a loss at the scale that is asked about only orders mixtures."""
    slopes = zip(candidate.features, candidate.expected, strict=True)
    expected = (COMMON if slope == 1 and name not in _FITTED else slope for name, slope in slopes)
    return replace(candidate, expected=tuple(expected))


def in_order(available: Collection[str]) -> list[str]:
    """Predictors of one feature, the one that answers where none can be judged first; macro proxies last.

    Args:
        available (`Collection[str]`): their names.
    """
    plain = [single.name for single in SINGLE if single.name in available]
    return [*plain, *(name for name in available if name not in plain)]


def _stack(available: Collection[str]) -> list[Candidate]:
    """What measured best, see benchmarks/README.md: a few features, since references are few."""
    if ENSEMBLE.kind in available:
        features = {ENSEMBLE.kind: 1.0, MERGE.kind: 0.0, SOFT_MINIMUM: 0.0}
    elif MERGE.kind in available:
        features = {MERGE.kind: 1.0, SOFT_MINIMUM: 0.0}
    elif OTHER_SCALE in available:
        features = {}
    else:
        features = {LAWS: 1.0}
    # How much of each a domain needs at a larger scale differs from domain to domain: nothing is expected of either.
    features |= {OTHER_SCALE: 0.0, OWN_WEIGHT: 0.0} if OTHER_SCALE in available else {}
    features = {name: slope for name, slope in features.items() if name in available}
    if not features:
        return []
    description = f"{_joined([find_candidate(name).label for name in features])}, calibrated on the reference models"
    return [Candidate(STACK, "stack", description, tuple(features), tuple(features.values()))]


def _joined(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def find_candidate(name: str) -> Candidate:
    """The predictor of one feature with this name.

    Raises:
        `InputError`: if there is none, with the nearest name.
    """
    found = {single.name: single for single in SINGLE}
    macro = find_proxy(name)
    if macro is not None and name not in found:
        # It says of a trace of a group what it says of a third: a search for the best mixture would find such a trace.
        return replace(_single(macro.kind, macro.label, macro.description, 1.0), only_asked_for=True)
    if name not in found:
        raise unknown_name("predictor", name, list(found))
    return found[name]
