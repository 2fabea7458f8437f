"""Predictors of a reference model's score: the proxies, and baselines that cost next to nothing.

Every predictor is an array [mixtures, domains] in which **lower means better**, like the scores that it predicts:
quantities of which more is better (weight, number of units) are negated here, once. A predictor's value for the mean
of domains is the mean of its values for the domains, exactly as for the scores.
"""

import numpy as np

from ..mixtures.proxies import PROXIES
from .scores import Scores


RANDOM = "random"
PROXY_KINDS = tuple(proxy.kind for proxy in PROXIES)
LABELS = {
    **{proxy.kind: f"proxy: {proxy.label}" for proxy in PROXIES},
    "component_mean": "mean of components",
    "component_min": "best component",
    "own_domain_weight": "own-domain weight",
    "number_of_units": "number of units",
    RANDOM: "random",
}
DESCRIPTIONS = {
    **{proxy.kind: proxy.description for proxy in PROXIES},
    "component_mean": "average of the components' own scores, weighted as in the mixture",
    "component_min": "best (minimum) of the components' own scores, domain by domain",
    "own_domain_weight": "weight of the unit that the domain is held out from; higher is assumed better",
    "number_of_units": "number of units in the mixture; more is assumed better",
    RANDOM: "expectation over random orders; the interval is where single random orders fall",
}


def predictions(scores: Scores) -> dict[str, np.ndarray]:
    """All predictors but `random`.

    Returns:
        `dict[str, np.ndarray]`: name → [mixtures, domains], float64, lower is better, NaN where there is none.
    """
    proxies = {kind: scores.by_kind[kind] for kind in PROXY_KINDS if kind in scores.by_kind}
    return proxies | {
        "component_mean": _of_components(scores, lambda values, weights: weights @ values),
        "component_min": _of_components(scores, lambda values, weights: values.min(axis=0)),
        "own_domain_weight": _own_domain_weight(scores),
        "number_of_units": np.repeat(-scores.sizes[:, None].astype(float), len(scores.domains), axis=1),
    }


def _of_components(scores: Scores, combine) -> np.ndarray:
    missing = np.full(len(scores.domains), np.nan)
    rows = []
    for mixture in scores.mixtures:
        values = np.array([scores.components.get(unit, missing) for unit in mixture.units])
        rows.append(combine(values, np.array(list(mixture.weights.values()))))
    return np.array(rows)


def _own_domain_weight(scores: Scores) -> np.ndarray:
    units = {unit for mixture in scores.mixtures for unit in mixture.units}
    values = np.full((len(scores.mixtures), len(scores.domains)), np.nan)
    for column, (_, domain) in enumerate(scores.domains):
        if domain in units:
            values[:, column] = [-mixture.weights.get(domain, 0.0) for mixture in scores.mixtures]
    return values
