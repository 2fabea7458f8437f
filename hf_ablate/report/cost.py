"""What the study's models and scores cost, and what training and scoring every mixture would."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..run_folder import TRAINED_KINDS, model_id
from .ranked_study import RankedStudy


_SUMS = ("tokens", "flops", "seconds")


def cost_rows(study: RankedStudy) -> list[dict[str, Any]]:
    """Models, tokens, FLOPs and seconds: spent, per kind of model, and for every mixture, estimated.

    A model of every mixture would see the tokens that the study's reference models see (`fixed`: one unit's; `union`:
    those of all its units), at the components' FLOPs and seconds per token. Scoring it would cost what scoring a
    component does.

    Returns:
        `list[dict]`: rows of `kind` (`seed`, `component`, `reference`: trained; `scoring`: forward passes of models
        and proxies; `every_mixture`, `scoring_every_mixture`), `models`, `tokens`, `flops`, `seconds` and `flops_note`
        (what the FLOPs assume, or empty); empty where no model is recorded.
    """
    rows = [_sum(kind, len(models), models.values()) for kind in TRAINED_KINDS if (models := study.of_kind(kind))]
    scored = study.scores.get("cost", [])
    if scored:
        rows.append(_sum("scoring", sum(row["models"] for row in scored if row["tokens"]), scored))
    components = next((row for row in rows if row["kind"] == "component"), None)
    if not components or not components["tokens"]:
        return rows
    number = len(study.ranking.mixtures)
    tokens = sum(_tokens_of_mixture(study, mixture["mixture"]) for mixture in study.ranking.mixtures.values())
    rows.append(_scaled("every_mixture", number, components, tokens / components["tokens"]))
    of_components = [row for row in scored if row["kind"] == "component"]
    if of_components:
        scoring = _sum("scoring_every_mixture", number, of_components)
        rows.append(_scaled("scoring_every_mixture", number, scoring, number / of_components[0]["models"]))
    return rows


def _sum(kind: str, number: int, costs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    costs = list(costs)
    sums = {name: sum(cost.get(name) or 0 for cost in costs) for name in _SUMS}
    notes = [cost["flops_note"] for cost in costs if "flops_note" in cost]
    return {"kind": kind, "models": number, **sums, "flops_note": notes[0] if notes else ""}


def _scaled(kind: str, number: int, row: Mapping[str, Any], scale: float) -> dict[str, Any]:
    sums = {"tokens": round(row["tokens"] * scale), **{name: row[name] * scale for name in ("flops", "seconds")}}
    return {**row, "kind": kind, "models": number, **sums}


def flops_of_proxies(study: RankedStudy) -> float | None:
    """The FLOPs of training the components and of scoring them and all proxies; `None` if scoring is not recorded."""
    scored = study.scores.get("cost")
    if not scored:
        return None
    trained = sum(manifest.get("flops") or 0 for manifest in study.of_kind("component").values())
    return trained + sum(row["flops"] for row in scored if row["kind"] not in ("seed", "reference"))


def _tokens_of_mixture(study: RankedStudy, weights: dict[str, float]) -> float:
    tokens = {unit: study.models.get(model_id("component", unit), {}).get("tokens") or 0 for unit in weights}
    if study.ranking.reference_budget == "union":
        return sum(tokens.values())
    return sum(weight * tokens[unit] for unit, weight in weights.items())


def by_kind(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows by their kind."""
    return {row["kind"]: row for row in rows}
