"""What `hf-ablate propose` prints for people."""

from typing import Any

from ..mixtures.mixture import Mixture, weight_text
from ..mixtures.ranked import MEAN
from ..text_table import paragraph, text_table


def best_text(content: dict[str, Any]) -> str:
    """The best mixture, what is expected of it, and how far to trust it.

    Args:
        content (`dict[str, Any]`): of [`propose_best`].
    """
    proposed, expected = content["proposed"][0], content["expected"]
    measure, confidence = content["unit_of_measure"], f"{content['confidence']:.0%}"
    title = f"The best mixture for {_target(content['target'])}, by {content['predictor']}"
    if content["confidence_bound"] is not None:
        title += f": its loss is the lowest that is not exceeded with {content['confidence_bound']:.0%} probability"
    weights = sorted(proposed["mixture"].items(), key=lambda item: -item[1])
    return "\n".join(
        [
            paragraph(title),
            "",
            text_table(["unit", "weight"], [[unit, weight_text(round(weight, 6))] for unit, weight in weights]),
            "",
            text_table(
                ["target", measure, f"± ({confidence})", "less uniform", f"± ({confidence})"],
                [_expected_row(row) for row in expected],
            ),
            "",
            *map(paragraph, _sentences(content)),
        ]
    )


def _expected_row(row: dict[str, Any]) -> list[str]:
    half = (row["high"] - row["low"]) / 2
    ratio = half / row["sd"] if row["sd"] else 0.0
    return [
        _target(row["target"]),
        f"{row['score']:.4f}",
        f"{half:.4f}",
        f"{row['less_uniform']:+.4f}",
        f"{ratio * row['less_uniform_sd']:.4f}",
    ]


def _sentences(content: dict[str, Any]) -> list[str]:
    return [
        _comparison_said(content),
        _distance_said(content["proposed"][0]),
        _search_said(content),
        *(f"It is limited by {row['constraint']}." for row in content["constraints"]),
    ]


def _comparison_said(content: dict[str, Any]) -> str:
    """How it compares with the mixtures that were scored and meet the constraints."""
    proposed = content["proposed"][0]["mixture_id"]
    scored = [row for row in content["comparisons"] if row["role"] == "scored" and row["mixture_id"] != proposed]
    if not scored:
        return "No other mixture that was scored meets the constraints."
    best, tied, confidence = scored[0], sum(row["tied"] for row in scored), f"{content['confidence']:.0%}"
    others = f"{len(scored)} other scored mixtures that meet the constraints"
    return (
        f"{tied or 'None'} of the {others} cannot be told apart from it at {confidence}; the best of them, "
        f"{_short(best)}, is {_difference(best)} {content['unit_of_measure']} above it."
    )


def _difference(row: dict[str, Any]) -> str:
    return f"{max(-row['difference'], 0.0):.4f} ± {(row['high'] - row['low']) / 2:.4f}"


def _distance_said(proposed: dict[str, Any]) -> str:
    near = f"The nearest mixture that was scored differs from it in {proposed['distance_to_scored']:.0%} of the tokens"
    reference = proposed["distance_to_reference"]
    if reference is None:
        return f"{near}. No reference model is trained, so nothing real has been predicted yet."
    return f"{near}, the nearest with a reference model in {reference:.0%}."


def _search_said(content: dict[str, Any]) -> str:
    if content["gap"] is not None:
        return f"Solved exactly: no mixture that meets the constraints is lower by more than {content['gap']:.1g}."
    others = sum(row["role"] == "local minimum" for row in content["comparisons"])
    found = f"; {others} other local minima were found" if others else ""
    return (
        f"Of {content['starts']} searches from different mixtures, {content['agreed']} ended within "
        f"{content['tolerance']:.2g} of it{found}."
    )


def _short(row: dict[str, Any]) -> str:
    return Mixture.of(row["mixture"]).shortened(60)


def _target(name: str) -> str:
    return "the mean of domains" if name == MEAN else name
