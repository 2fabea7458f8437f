"""What the study's models cost, and what training every mixture would."""

from typing import Any

from ..run_folder import TRAINED_KINDS, model_id
from .ranked_study import RankedStudy


def cost_rows(study: RankedStudy) -> list[dict[str, Any]]:
    """Models, tokens, FLOPs and seconds: spent, per kind of model, and for every mixture, estimated.

    A model of every mixture would see the tokens that the study's reference models see (`fixed`: one unit's; `union`:
    those of all its units), at the components' FLOPs and seconds per token.

    Returns:
        `list[dict]`: rows of `kind` (`seed`, `component`, `reference`, `every_mixture`), `models`, `tokens`, `flops`,
        `seconds`; empty where no model is recorded.
    """
    rows = [
        {
            "kind": kind,
            "models": len(models),
            **{
                name: sum(manifest.get(name) or 0 for manifest in models.values())
                for name in ("tokens", "flops", "seconds")
            },
        }
        for kind in TRAINED_KINDS
        if (models := study.of_kind(kind))
    ]
    components = next((row for row in rows if row["kind"] == "component"), None)
    if not components or not components["tokens"]:
        return rows
    tokens = sum(_tokens_of_mixture(study, mixture["mixture"]) for mixture in study.ranking.mixtures.values())
    scale = tokens / components["tokens"]
    return [
        *rows,
        {
            "kind": "every_mixture",
            "models": len(study.ranking.mixtures),
            "tokens": round(tokens),
            "flops": components["flops"] * scale,
            "seconds": components["seconds"] * scale,
        },
    ]


def _tokens_of_mixture(study: RankedStudy, weights: dict[str, float]) -> float:
    tokens = {unit: study.models.get(model_id("component", unit), {}).get("tokens", 0) for unit in weights}
    if study.ranking.reference_budget == "union":
        return sum(tokens.values())
    return sum(weight * tokens[unit] for unit, weight in weights.items())


def by_kind(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows by their kind."""
    return {row["kind"]: row for row in rows}
