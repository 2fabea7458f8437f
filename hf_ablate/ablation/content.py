"""What `effects.json` holds: values, and tables of flat records."""

from typing import Any

from ..prediction.fitted import FittedStudy
from .arguments import EffectsSettings
from .changes import changes_of, swaps_of
from .coalitions import coalitions_of
from .effects import Effect, effects_of
from .estimates import noise_floor
from .question import Question
from .records import change_records, effect_records, interaction_records, mixture_record, part_record, worth_records
from .shapley import MOST_PLAYERS, shapley_design


MOST_SWAPPED = 12  # parts whose swaps are judged on every domain, and printed


def effects_content(
    fitted: FittedStudy, question: Question, settings: EffectsSettings, in_depth: bool = True
) -> dict[str, Any]:
    """All effects, Shapley values and interactions.

    Args:
        fitted ([`FittedStudy`]): whose predictor answers.
        question ([`Question`]): what is asked.
        settings ([`EffectsSettings`]): confidence and random seed.
        in_depth (`bool`): whether swaps are judged and parts are valued, which takes longer the more there are.
    """
    base, target, confidence = question.base, question.target, settings.confidence
    unit_of_measure = fitted.evidence.unit_of(target.weights)
    effects = _effects(fitted, question, confidence, in_depth)
    floor = noise_floor(fitted.predictor.joint(fitted.evidence.weights_of([base]), target.weights).noise, confidence)
    return {
        "target": target.name,
        "unit_of_measure": unit_of_measure,
        "predictor": fitted.name,
        "confidence": confidence,
        "noise_floor": floor,
        "mixtures": [mixture_record(base)],
        "parts": [part_record(part, base, fitted.evidence) for part in (*question.parts, *question.groups)],
        "changes": change_records(effects, unit_of_measure),
        "effects": effect_records(effects),
        **(_worth(fitted, question, settings) if in_depth else {"shapley": [], "interactions": []}),
    }


def _worth(fitted: FittedStudy, question: Question, settings: EffectsSettings) -> dict[str, list[dict[str, Any]]]:
    """Shapley values, and interactions where all sets are valued; none of too many parts."""
    players = question.players
    if len(players) > MOST_PLAYERS:
        return {"shapley": [], "interactions": []}
    design = shapley_design(len(players), settings.random_seed)
    coalitions = coalitions_of(fitted, question.base, players, design.members, question.target.weights)
    in_pairs = design.joined is None and len(players) > 1
    return {
        "shapley": worth_records(players, coalitions, design, settings.confidence),
        "interactions": interaction_records(players, coalitions, settings.confidence) if in_pairs else [],
    }


def _effects(fitted: FittedStudy, question: Question, confidence: float, with_swaps: bool) -> list[Effect]:
    """On the target and all domains; swaps of many parts on the target alone, as they are so many."""
    targets = [question.target, *question.domains]
    one_by_one = changes_of(question.base, [*question.parts, *question.groups])
    swaps = swaps_of(question.base, question.parts) if with_swaps else []
    targets_of_swaps = targets if len(question.parts) <= MOST_SWAPPED else targets[:1]
    return effects_of(fitted, question.base, one_by_one, targets, confidence) + effects_of(
        fitted, question.base, swaps, targets_of_swaps, confidence
    )
