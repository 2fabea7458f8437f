"""What `hf-ablate propose` prints for people."""

from typing import Any

from ..mixtures.mixture import Mixture, weight_text
from ..mixtures.ranked import MEAN
from ..prediction.predictor import two_sided
from ..text_table import paragraph, text_table
from .units import MORE


_MOST_DOMAINS = 24  # that have a line
_FAR = 0.25  # share of the tokens in which a mixture differs from all that a model was trained on


def best_text(content: dict[str, Any]) -> str:
    """The best mixture, what is expected of it, and how far to trust it.

    Args:
        content (`dict[str, Any]`): of [`propose_best`].
    """
    measure, interval = content["unit_of_measure"], f"± ({content['confidence']:.0%})"
    title = f"The best mixture for {_judged_by(content)}"
    if content["confidence_bound"] is not None:
        title += f": its loss is the lowest that is not exceeded with {content['confidence_bound']:.0%} probability"
    weights = sorted(content["proposed"][0]["mixture"].items(), key=lambda item: -item[1])
    return "\n".join(
        [
            paragraph(title),
            "",
            text_table(["unit", "weight"], [[unit, _weight(weight)] for unit, weight in weights]),
            "",
            _expected_table(content, ["target", measure, interval, "against uniform", interval]),
            "",
            *map(paragraph, best_sentences(content)),
        ]
    )


def units_text(content: dict[str, Any]) -> str:
    """What a little more of every unit would gain.

    Args:
        content (`dict[str, Any]`): of [`propose_units`].
    """
    interval, best = f"± ({content['confidence']:.0%})", content["proposed"][0]
    reach = two_sided(content["confidence"])
    rows = [
        [
            row["unit"],
            _weight(row["weight"]),
            _weight(row["limit"]) if row["limit"] < 1 else "-",
            f"{row['gain']:.4f}" if row["limited"] else "-",
            f"{reach * row['gain_sd']:.4f}" if row["limited"] else "-",
            f"{row['slope']:+.5f}",
            f"{reach * row['slope_sd']:.5f}",
        ]
        for row in content["limits"]
    ]
    headers = ["unit", "weight", "limit", f"{MORE:.0%} more gains", interval, "slope", interval]
    return "\n".join(
        [
            paragraph(
                f"What limits the best mixture for {_judged_by(content)}: {best['score']:.4f} "
                f"{content['unit_of_measure']}"
            ),
            "",
            text_table(headers, rows),
            "",
            paragraph(_gain_said(content)),
            paragraph(
                f"{MORE:.0%} more gains: by how much the best reachable loss falls if the unit's limit is {MORE:.0%} "
                "higher. slope: what one percentage point more of the unit, at the expense of all others, does to the "
                "loss at this mixture."
            ),
        ]
    )


def _gain_said(content: dict[str, Any]) -> str:
    """The answer in a sentence."""
    first, measure = content["limits"][0], content["unit_of_measure"]
    limited = [row["unit"] for row in content["limits"] if row["limited"]]
    if not limited:
        return "No unit's limit is reached, so more tokens of none of them would help."
    said = (
        f"More of {first['unit']} would help most: {MORE:.0%} more lowers the best reachable loss by "
        f"{first['gain']:.4f} ± {two_sided(content['confidence']) * first['gain_sd']:.4f} {measure}."
    )
    if first["low"] <= 0:
        said += f" That is not distinguishable from 0 at {content['confidence']:.0%}."
    others = len(content["limits"]) - len(limited)
    return said + (f" {others} unit{'s' * (others > 1)} would not be used more." if others else "")


def _expected_table(content: dict[str, Any], headers: list[str]) -> str:
    """What is expected on the target and on the domains; of many, on those where it is most unlike equal shares."""
    target, *others = content["expected"]
    shown = sorted(others, key=lambda row: -abs(row["difference"]))[:_MOST_DOMAINS]
    rows = [target, *(row for row in others if row in shown)]
    hidden = len(others) - len(shown)
    rest = f"… and {hidden} domains that differ less from uniform (--output_format json has all)" if hidden else ""
    return text_table(headers, [_expected_row(row, two_sided(content["confidence"])) for row in rows], below=rest)


def _expected_row(row: dict[str, Any], reach: float) -> list[str]:
    return [
        _target(row["target"]),
        f"{row['score']:.4f}",
        f"{reach * row['sd']:.4f}",
        f"{row['difference']:+.4f}",
        f"{reach * row['difference_sd']:.4f}",
    ]


def best_sentences(content: dict[str, Any]) -> list[str]:
    """How the best mixture compares with those that were scored, how it was found, and what limits it.

    Args:
        content (`dict[str, Any]`): as `propose_best` gives.
    """
    sentences = [_comparison_said(content), _distance_said(content["proposed"][0]), _search_said(content)]
    if content["constraints"]:
        sentences.append(f"What limits it: {'; '.join(row['constraint'] for row in content['constraints'])}.")
    return sentences


def _comparison_said(content: dict[str, Any]) -> str:
    """How it compares with the mixtures that were scored and meet the constraints."""
    scored = [row for row in content["comparisons"] if row["role"] == "scored"]
    if not scored:
        return "No other mixture that was scored meets the constraints."
    best, tied = scored[0], sum(not row["told_apart"] for row in scored)
    others = f"of the {len(scored)} that meet the constraints"
    half, measure = (best["high"] - best["low"]) / 2, content["unit_of_measure"]
    said = (
        f"The best other mixture that was scored, {_short(best)}, is expected "
        f"{abs(best['difference']):.4f} ± {half:.4f} {measure} {'below' if best['difference'] > 0 else 'above'} it. "
        f"At {content['confidence']:.0%} "
        f"{f'{tied} {others} cannot' if tied else f'all {others} can'} be told apart from it"
    )
    if content["noise_floor"]:
        said += f"; differences below {content['noise_floor']:.4f} may be luck of a training"
    return f"{said}."


def _distance_said(proposed: dict[str, Any]) -> str:
    """How far it is from what is known."""
    scored, reference = proposed["distance_to_scored"], proposed["distance_to_reference"]
    near = f"It differs from the nearest mixture that was scored in {scored:.0%} of the tokens"
    if reference is None:
        return f"{near}; no reference model says how far to trust this."
    said = f"{near}, and from the nearest with a reference model in {reference:.0%}"
    return f"{said}: this is extrapolated." if reference > _FAR else f"{said}."


def _search_said(content: dict[str, Any]) -> str:
    """How it was found, and how sure it is that nothing is better."""
    others = sum(row["role"] == "local minimum" for row in content["comparisons"])
    minima = f"; there {'is 1 other local minimum' if others == 1 else f'are {others} other local minima'}"
    if content["gap"] is not None:
        gap = max(content["gap"], 1e-9)
        said = f"Solved exactly: by averaged probabilities no allowed mixture is lower by more than {gap:.1g}"
    elif content["starts"]:
        said = (
            f"Of {content['starts']} searches from different mixtures, {content['agreed']} ended within "
            f"{content['tolerance']:.1g} of its loss{minima if others else ''}"
        )
    else:
        said = "Its weights are exact"
    return (
        f"{said}." if content["all_sets"] else f"{said}. Its units were found by dropping and swapping one at a time."
    )


def _judged_by(content: dict[str, Any]) -> str:
    scale = f" at the scale {content['scale']}" if content["scale"] else ""
    return f"{_target(content['target'])}{scale}, by the predictor {content['label']!r}"


def _weight(weight: float) -> str:
    return weight_text(round(weight, 6)) if weight > 5e-7 else "0"


def _short(row: dict[str, Any]) -> str:
    return Mixture.of(row["mixture"]).shortened(60)


def _target(name: str) -> str:
    return "the mean of domains" if name == MEAN else name
