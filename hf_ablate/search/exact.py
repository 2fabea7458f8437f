"""The best mixture by averaged probabilities, found exactly: the loss is convex in the weights.

With p_u(t) the probability that the component of unit u gives token t, and a(t) the weight of the token in the target,
the loss is L(w) = -sum_t a(t) log sum_u w_u p_u(t). Every mixture s satisfies, by Jensen's inequality,

    L(w) - L(s) <= A log sum_u s_u r_u,   r_u = sum_t a(t) p_u(t) / (A q(t)),   q(t) = sum_u w_u p_u(t),

with A the sum of a(t), so the largest value of s·r over the mixtures that are allowed, a linear program, bounds how
far w is from the lowest loss (Cover's bound for portfolios, IEEE Trans. Inf. Theory 30, 1984; its linearisation is the
gap of Frank and Wolfe).
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..evaluation.rows import target_name
from .constraints import Constraints
from .descent import Minimum, without_crumbs
from .few_units import chosen_units, sets_of_units
from .polytope import Polytope


_BLOCK = 1 << 16  # tokens that are worked on at once
_NO_DIFFERENCE = 1e-7  # bits per byte


@dataclass(frozen=True)
class ComponentProbabilities:
    """What every component gives every token that counts, and how much the token counts.

    Args:
        relative (`np.ndarray`): [units, tokens], float32: the probability as a share of the largest that any component
            gives the token.
        counts (`np.ndarray`): [tokens], float64: the weight of the token's domain in the target, per byte and in bits.
        constant (`float`): the loss if every token had the largest of its probabilities.
    """

    relative: np.ndarray
    counts: np.ndarray
    constant: float

    def loss(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """The bits per byte of a mixture on the target, and their slopes.

        Args:
            weights (`np.ndarray`): [units], not negative.

        Returns:
            `tuple[float, np.ndarray]`: the loss, and its derivatives by the weights, [units].
        """
        total, slopes = self.constant, np.zeros(len(weights))
        for start in range(0, len(self.counts), _BLOCK):
            block = self.relative[:, start : start + _BLOCK].astype(np.float64)
            counts = self.counts[start : start + _BLOCK]
            mixed = np.maximum(weights @ block, np.finfo(np.float32).tiny)
            total -= float(counts @ np.log(mixed))
            slopes -= block @ (counts / mixed)
        return total, slopes


def lowest_exactly(probabilities: ComponentProbabilities, constraints: Constraints) -> Minimum:
    """The mixture with the lowest loss by averaged probabilities, with a certificate of how low it is.

    With a limit on the number of units, the certificate holds for all mixtures if every set of units is tried, and is
    missing (`gap` is `None`) where there are too many sets.

    Args:
        probabilities ([`ComponentProbabilities`]): of the components.
        constraints ([`Constraints`]): that the mixture meets.
    """

    def values(mixtures: np.ndarray) -> np.ndarray:
        return np.array([probabilities.loss(weights)[0] for weights in mixtures])

    def minimum(allowed: Constraints) -> Minimum:
        polytope = Polytope(allowed)
        weights = polytope.minimise(probabilities.loss, polytope.center)
        weights = without_crumbs(values, polytope, weights, _NO_DIFFERENCE)
        value, slopes = probabilities.loss(weights)
        return Minimum(weights, value, gap=certified_gap(probabilities, polytope, slopes))

    sets = sets_of_units(constraints)
    if sets is None:
        few = chosen_units(constraints, lambda allowed: minimum(allowed).weights, values)
        return replace(minimum(few), gap=None, all_sets=False)
    minima = [minimum(allowed) for allowed in sets]
    lowest = min(minima, key=lambda found: found.value)
    return replace(lowest, gap=max(lowest.value - min(found.value - found.gap for found in minima), 0.0))


def certified_gap(probabilities: ComponentProbabilities, polytope: Polytope, slopes: np.ndarray) -> float:
    """How far a mixture can be above the lowest loss.

    Args:
        probabilities ([`ComponentProbabilities`]): of the components.
        polytope ([`Polytope`]): of the mixtures that are allowed.
        slopes (`np.ndarray`): [units], of the loss at the mixture.
    """
    total = float(probabilities.counts.sum())
    _, bound = polytope.lowest(slopes)
    return max(total * math.log(-bound / total), 0.0)


def component_probabilities(
    run_dir: Path, units: tuple[str, ...], domains: tuple[str, ...], target: np.ndarray
) -> ComponentProbabilities:
    """The probabilities that the components of a study give the tokens of a target, scored now unless they are cached.

    Args:
        run_dir (`Path`): of a scored study.
        units (`tuple[str, ...]`): in the order of the weights.
        domains (`tuple[str, ...]`): in the order of the target, `<source>/<domain>`.
        target (`np.ndarray`): [domains], the weight of each.

    Raises:
        `InputError`: if a unit has no component, or a domain no text.
    """
    from ..evaluation.scoring.mixture_scorer import MixtureScorer

    wanted = {domain: weight for domain, weight in zip(domains, target, strict=True) if weight > 0}
    parts, counts = [], []
    with MixtureScorer.open(run_dir) as scorer:
        for source in scorer.sources:
            names = np.array([target_name(source.source.name, domain) for domain in source.domains])
            if not set(names) & set(wanted):
                continue
            scorer.cache_components(list(units), [source])
            per_document = np.zeros(len(names))
            for name in set(names) & set(wanted):
                of_domain = names == name
                per_document[of_domain] = wanted.pop(name) / (source.bytes[of_domain].sum() * math.log(2))
            chosen = np.flatnonzero(per_document)
            parts.append([scorer.component_logprobs(unit, source, chosen) for unit in units])
            counts.append(np.repeat(per_document[chosen], source.stream.num_tokens[chosen]))
    if wanted:
        raise InputError(f"{run_dir} has no evaluation text of {', '.join(wanted)}, which the target names")
    counts = np.concatenate(counts)
    relative = np.concatenate([np.stack(part) for part in parts], axis=1)
    largest = relative.max(axis=0)
    np.exp(relative - largest, out=relative)
    return ComponentProbabilities(relative, counts, float(-counts @ largest.astype(np.float64)))
