"""Effects, Shapley values and comparisons as flat records, whose keys docs/json.md explains."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from ..mixtures.mixture import Mixture
from ..prediction.evidence import Evidence
from .changes import Change
from .coalitions import Coalitions
from .compare import Comparison
from .effects import Effect
from .estimates import Estimate, estimate, noise_floor
from .interactions import interaction_coefficients
from .parts import Part
from .sentences import comparison_sentence, effect_sentence
from .shapley import Design


def mixture_record(mixture: Mixture) -> dict[str, Any]:
    """A mixture as in the ranking's table of mixtures."""
    return {
        "mixture_id": mixture.id,
        "name": mixture.name,
        "mixture": mixture.weights,
        "number_of_units": len(mixture.units),
    }


def part_record(part: Part, base: Mixture, evidence: Evidence) -> dict[str, Any]:
    """A part's weight, and the largest that anything is known of: beyond it, predictions are extrapolated.

    Args:
        part ([`Part`]): a unit or a group.
        base ([`Mixture`]): that is changed.
        evidence ([`Evidence`]): of the study.
    """
    measured = evidence.known_mixtures[:, [unit in part.units for unit in evidence.units]].sum(axis=1)
    has_component = all(np.isfinite(evidence.components[evidence.units.index(unit)]).all() for unit in part.units)
    largest = 1.0 if has_component else float(measured.max(initial=0))
    return {"part": part.name, "weight": part.weight_in(base), "largest_weight": largest}


def change_records(effects: Sequence[Effect], unit_of_measure: str) -> list[dict[str, Any]]:
    """The changes, each with what people would say of it.

    Args:
        effects (`Sequence[Effect]`): those of one change after the other, the first of each on the target.
        unit_of_measure (`str`): of the losses.
    """
    by_change = [(change, list(own)) for change, own in groupby(effects, lambda effect: effect.change)]
    return [
        {
            **_change_keys(change),
            "mixture_id": change.mixture.id,
            "name": change.mixture.name,
            "mixture": change.mixture.weights,
            "sentence": effect_sentence(own, unit_of_measure),
        }
        for change, own in by_change
    ]


def effect_records(effects: Sequence[Effect]) -> list[dict[str, Any]]:
    """Every change on every target."""
    return [
        {
            **_change_keys(effect.change),
            "target": effect.target.name,
            **_estimate_keys("effect", effect.estimate),
            "noise_floor": effect.noise_floor,
        }
        for effect in effects
    ]


def worth_records(
    players: Sequence[Part], coalitions: Coalitions, design: Design, confidence: float
) -> list[dict[str, Any]]:
    """The Shapley value of every part of a mixture, the greatest first.

    Args:
        players (`Sequence[Part]`): the parts.
        coalitions ([`Coalitions`]): what sets of them are worth.
        design ([`Design`]): that the sets come from.
        confidence (`float`): of the intervals.
    """
    floor = noise_floor(coalitions.joint.noise, confidence)
    values, sds = coalitions.combined(design.coefficients)
    errors = design.sampling_error(coalitions.values)
    records = [
        {
            "part": player.name,
            **_estimate_keys("value", estimate(float(value), math.hypot(sd, error), floor, confidence)),
            "sampling_error": float(error),
        }
        for player, value, sd, error in zip(players, values, sds, errors, strict=True)
    ]
    return sorted(records, key=lambda record: -record["value"])


def interaction_records(players: Sequence[Part], coalitions: Coalitions, confidence: float) -> list[dict[str, Any]]:
    """What every two parts bring together beyond what each brings without the other, the strongest first.

    Args:
        players (`Sequence[Part]`): the parts of a mixture.
        coalitions ([`Coalitions`]): what all sets of them are worth.
        confidence (`float`): of the intervals.
    """
    floor = noise_floor(coalitions.joint.noise, confidence)
    pairs, coefficients = interaction_coefficients(coalitions.members)
    values, sds = coalitions.combined(coefficients)
    records = [
        {
            "part": players[first].name,
            "other": players[second].name,
            **_estimate_keys("value", estimate(float(value), float(sd), floor, confidence)),
        }
        for (first, second), value, sd in zip(pairs, values, sds, strict=True)
    ]
    return sorted(records, key=lambda record: -abs(record["value"]))


def comparison_records(
    comparisons: Sequence[Comparison], names: tuple[str, str], target: str, unit_of_measure: str
) -> list[dict[str, Any]]:
    """A comparison of two mixtures by each kind of evidence.

    Args:
        comparisons (`Sequence[Comparison]`): of a first mixture with a second.
        names (`tuple[str, str]`): of the mixtures.
        target (`str`): that they are judged on.
        unit_of_measure (`str`): of the losses.
    """
    return [
        {
            "target": target,
            "basis": found.basis,
            **_estimate_keys("effect", found.estimate),
            "noise_floor": found.noise_floor,
            "probability": found.probability,
            "documents": found.documents,
            "more_references": found.more_references,
            "sentence": comparison_sentence(found, names, target, unit_of_measure),
        }
        for found in comparisons
    ]


def _change_keys(change: Change) -> dict[str, Any]:
    return {"change": change.kind, "part": change.part, "other": change.other}


def _estimate_keys(name: str, found: Estimate) -> dict[str, Any]:
    rest = dict(vars(found))
    return {name: rest.pop("value"), **rest}
