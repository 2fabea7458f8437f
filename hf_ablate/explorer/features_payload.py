"""What a predictor combines, as data of a page from which `js/features.js` makes it again."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..prediction.candidates import LAWS, OTHER_SCALE, OWN_WEIGHT, SOFT_MINIMUM
from ..prediction.features import FeatureTable
from ..prediction.soft_minimum import SHARPNESS
from ..prediction.surrogates import AnySurrogate, MacroSurrogate, PartedSurrogate
from .arrays import packed
from .laws_payload import law_payload, laws_payload
from .mixture_table import MixtureTable
from .surrogate_payload import surrogate_payload


def features_payload(
    table: FeatureTable, names: Sequence[str], mixtures: MixtureTable, tolerances: Sequence[float]
) -> list[dict[str, Any]]:
    """Features as [`FeatureTable.at`] has them, for `makeFeature` of the page, whose `kind` says what each is.

    Args:
        table ([`FeatureTable`]): fitted.
        names (`Sequence[str]`): of the features.
        mixtures ([`MixtureTable`]): of the page.
        tolerances (`Sequence[float]`): how far off the values of each may be.
    """
    features = [_feature(table, name, mixtures, most) for name, most in zip(names, tolerances, strict=True)]
    stand_ins = table.stand_ins(names[0]) if len(names) == 1 else []
    if not stand_ins:
        return features
    own = ~np.any([taken for _, taken in stand_ins], axis=0)
    others = [(_feature(table, name, mixtures, tolerances[0]), taken) for name, taken in stand_ins]
    return [{"kind": "pieced", "pieces": [_piece(feature, on, on) for feature, on in [(features[0], own), *others]]}]


def _piece(feature: dict[str, Any], taken: np.ndarray, given: np.ndarray) -> dict[str, Any]:
    """Some domains of a feature, and the domains of the whole that they are: both bool."""
    return {"feature": feature, "taken": np.flatnonzero(taken).tolist(), "given": np.flatnonzero(given).tolist()}


def _feature(table: FeatureTable, name: str, mixtures: MixtureTable, tolerance: float) -> dict[str, Any]:
    if name in table.proxies:
        return _proxy(table.proxies[name], mixtures, table.evidence.components, tolerance)
    if name == OTHER_SCALE:
        center, shrinkage = packed(table.other_scale.center), packed(table.other_scale.shrinkage)
        return {"kind": name, "laws": laws_payload(table.other_scale.laws), "center": center, "shrinkage": shrinkage}
    if name == LAWS:
        return {"kind": name, **laws_payload(table.laws)}
    if table.is_fitted(name):
        return law_payload(name, table.laws.laws[name])
    if name == SOFT_MINIMUM:
        return {"kind": name, "sharpness": SHARPNESS}
    return {"kind": name, "own_units": list(table.evidence.own_units)} if name == OWN_WEIGHT else {"kind": name}


def _proxy(proxy: AnySurrogate, mixtures: MixtureTable, components: np.ndarray, tolerance: float) -> dict[str, Any]:
    if isinstance(proxy, MacroSurrogate):
        feature = _proxy(proxy.surrogate, mixtures, components, tolerance)
        return {"kind": "regrouped", "members": packed(proxy.members), "feature": feature}
    if not isinstance(proxy, PartedSurrogate):
        return surrogate_payload(proxy, mixtures, components, 0, tolerance)
    parts, pieces, first = [proxy.of_text, proxy.of_tasks], [], 0
    for part in filter(None, parts):
        domains = np.arange(proxy.domains)
        given = (domains >= first) & (domains < first + len(part.is_defined))
        pieces.append(_piece(surrogate_payload(part, mixtures, components, first, tolerance), part.is_defined, given))
        first += len(part.is_defined)
    return {"kind": "pieced", "pieces": pieces}
