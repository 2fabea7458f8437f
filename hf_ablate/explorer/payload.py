"""What the explorer knows of a study, as values that go into JSON."""

from typing import Any

import numpy as np

from ..mixtures.ranked import Ranking
from ..mixtures.units import CorpusUnits
from ..prediction.fitted import FittedStudy
from ..prediction.predictor import one_sided, two_sided
from ..ranking.tables import answered_by, target_text
from ..ranking.targets import targets_of
from .arrays import packed
from .mixture_table import MixtureTable
from .predictor_payload import predictor_payload


# Longer names are shortened, more so of many mixtures, where they would be a twentieth of the page.
_WIDTH, _MANY, _WIDTH_OF_MANY = 96, 2000, 60
_ID = "{id}"  # in a name, the mixture's own


def explorer_payload(
    fitted: FittedStudy, ranking: Ranking, title: str, formats: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """The study as `js/study.js` reads it.

    Args:
        fitted ([`FittedStudy`]): evidence and predictor.
        ranking ([`Ranking`]): by that predictor.
        title (`str`): of the page.
        formats (`dict`): of exports, as [`explorer_formats`] gives for the units of the evidence.
    """
    evidence, units = fitted.evidence, list(fitted.evidence.units)
    mixtures = ranking.candidates
    positions = {mixture.id: row for row, mixture in enumerate(mixtures)}
    weights = evidence.weights_of(mixtures)
    references = {
        positions[mixture]: losses
        for mixture, losses in fitted.references_by_mixture().items()
        if mixture in positions
    }
    table = MixtureTable.of([weights, evidence.known_mixtures, np.eye(len(units))])
    predictor = predictor_payload(fitted, table)
    corpus = ranking.corpus.only(units) if set(units) <= set(ranking.corpus.names) else CorpusUnits(units)
    tokens = [corpus.tokens.get(unit) for unit in units]
    names = ranking.names(_WIDTH if len(mixtures) <= _MANY else _WIDTH_OF_MANY)
    return {
        "title": title,
        "units_of_measure": [evidence.unit_of(target) for target in np.eye(len(evidence.domains))],
        "scale": evidence.scale,
        "units": units,
        "groups": {name: [units.index(unit) for unit in members] for name, members in corpus.groups.items()},
        "fields": corpus.fields,
        "tokens": tokens if all(tokens) else None,
        "domains": list(evidence.domains),
        "targets": [
            {
                "name": target.name,
                "label": target_text(target.name),
                "level": target.level,
                "weights": [[int(column), float(target.weights[column])] for column in np.flatnonzero(target.weights)],
            }
            for target in targets_of(evidence)
        ],
        "study_target": evidence.target().name,
        "z90": two_sided(0.9),
        "ties": _ties(fitted, ranking.content["confidence"]),
        "table": table.payload(),
        "mixtures": {
            "ids": [mixture.id for mixture in mixtures],
            # In names that end with an id, it is not repeated: of many mixtures, ids take much of the page.
            "names": [names[mixture.id].replace(mixture.id, _ID) for mixture in mixtures],
            "rows": packed(table.rows_of(weights)),
            "is_scored": packed(_are_scored(fitted, weights).astype(np.uint8)),
        },
        "references": {
            "rows": list(references),
            "losses": packed(np.array(list(references.values())).reshape(len(references), len(evidence.domains))),
        },
        "components": packed(evidence.components),
        "formats": formats,
        "predictor": predictor,
        "answered_by": answered_by(ranking),
        "expected": packed(fitted.predictor.expected(weights)) if "reason" in predictor else None,
    }


def _ties(fitted: FittedStudy, confidence: float) -> dict[str, Any]:
    """What the page needs to find, on any target, which mixtures are tied with the best; see [`tied_with_best`]."""
    noise = fitted.noise
    return {
        "confidence": confidence,
        "reach": one_sided(confidence),
        "noise": None if noise is None else {"covariance": packed(noise.covariance), "reach": noise.reach(confidence)},
    }


def _are_scored(fitted: FittedStudy, weights: np.ndarray) -> np.ndarray:
    """Which mixtures some proxy was scored for: [mixtures], bool."""
    scored = [proxy.is_scored(weights) for proxy in fitted.table.scored_proxies.values()]
    return np.any([np.zeros(len(weights), dtype=bool), *scored], axis=0)
