"""What reference models cost, against the regret that they leave."""

from typing import Any

from matplotlib.axes import Axes

from ..search.references import ReferenceProposal
from ..search.regret_curve import RegretPoint
from .cost import by_kind, cost_rows
from .drawing import Drawing
from .ranked_study import RankedStudy
from .style import ACCENT, GREY, SECOND, WIDTH, panels


def regret_records(study: RankedStudy, points: list[RegretPoint], proposal: ReferenceProposal) -> list[dict[str, Any]]:
    """A record per number of reference models: those that there are, and those that are proposed.

    Args:
        study ([`RankedStudy`]): whose models have a cost.
        points (`list[RegretPoint]`): of the models that there are.
        proposal ([`ReferenceProposal`]): of others.
    """
    measured = [
        {
            "choice": "among mixtures with a reference model", "references": point.references, "regret": point.regret,
            "low": point.low, "high": point.high, "without_predictor": point.without_predictor,
        }
        for point in points
    ]  # fmt: skip
    trained = study.agreement.references
    after = [proposal.regret, *(one.regret for one in proposal.references)]
    expected = [
        {
            "choice": "among all candidates, expected", "references": trained + more, "regret": regret, "low": None,
            "high": None, "without_predictor": None,
        }
        for more, regret in enumerate(after)
    ]  # fmt: skip
    return [row | _cost(study, row["references"]) for row in (*measured, *expected)]


def _cost(study: RankedStudy, references: int) -> dict[str, float | None]:
    """Of the seed, the components and so many reference models of average cost; `None` where none is recorded."""
    rows = {kind: row for kind, row in by_kind(cost_rows(study)).items() if row["tokens"]}  # others trained elsewhere
    if "component" not in rows:
        return {"tokens": None, "flops": None}
    per_model = rows.get("reference", rows["component"])
    return {
        name: sum(rows[kind][name] for kind in ("seed", "component") if kind in rows)
        + references * per_model[name] / max(per_model["models"], 1)
        for name in ("tokens", "flops")
    }


def regret(study: RankedStudy, points: list[RegretPoint], proposal: ReferenceProposal) -> Drawing | None:
    """Two panels: what the reference models that there are have brought, and what more are expected to.

    Args:
        study ([`RankedStudy`]): what the report is about.
        points (`list[RegretPoint]`): of [`regret_curve`]; empty where there are too few reference models.
        proposal ([`ReferenceProposal`]): of the next ones.
    """
    if not points and not proposal.references:
        return None
    rows = regret_records(study, points, proposal)
    measured, expected = ([row for row in rows if (row["low"] is None) == later] for later in (False, True))
    shown = [own for own in (measured, expected) if len(own) > 1]
    figure, axes = panels(len(shown), 1, WIDTH, 2.7)
    for panel, own in zip(axes, shown, strict=True):
        if own is measured:
            _draw_measured(panel, measured)
            panel.set_title(f"choosing among the {measured[-1]['references']} that have a reference model\n")
        else:
            _draw_expected(panel, expected)
            panel.set_title(f"to be expected among all {len(study.ranking.mixtures)} candidates\n")
        panel.set_xlabel("reference models trained")
        panel.set_ylabel(f"regret ({study.ranking.unit_of_measure})")
        highest = max(row[key] or 0.0 for row in own for key in ("regret", "high", "without_predictor"))
        panel.set_ylim(0, 1.15 * highest or None)
        panel.grid(True)
        if own[0]["tokens"] is not None:
            _tokens_above(panel, own)
    price = "reference models" if rows[0]["tokens"] is None else "tokens"
    caption = f"Regret, what the mixture that is chosen loses against the best, by the {price} that it costs to know."
    if measured:
        caption += (
            " First: with some of the reference models alone; bars span the parts that were tried. Orange: the best "
            "of as many drawn at random, without any predictor."
        )
    if len(expected) > 1:
        caption += " To be expected: with those trained that are proposed next."
    return Drawing(figure, rows, caption)


def _draw_measured(panel: Axes, rows: list[dict[str, Any]]) -> None:
    counts, regrets = [row["references"] for row in rows], [row["regret"] for row in rows]
    reach = [[row["regret"] - row["low"] for row in rows], [row["high"] - row["regret"] for row in rows]]
    panel.errorbar(counts, regrets, yerr=reach, color=ACCENT, marker="o", markersize=4, linewidth=1.6, ecolor=GREY,
                   capsize=2, label="by the predictor")  # fmt: skip
    panel.plot(counts, [row["without_predictor"] for row in rows], color=SECOND, linewidth=1.2,
               linestyle="--", marker="o", markersize=3, label="the best of those trained")  # fmt: skip
    panel.legend(loc="upper right")


def _draw_expected(panel: Axes, rows: list[dict[str, Any]]) -> None:
    counts = [row["references"] for row in rows]
    panel.plot(counts, [row["regret"] for row in rows], color=ACCENT, marker="o", markersize=4, linewidth=1.6)
    panel.set_xticks(counts)


def _tokens_above(panel: Axes, rows: list[dict[str, Any]]) -> None:
    """A second axis above: the million tokens that these numbers of reference models take."""
    first, last = rows[0], rows[-1]
    per_model = (last["tokens"] - first["tokens"]) / (last["references"] - first["references"]) / 1e6
    start = first["tokens"] / 1e6 - per_model * first["references"]
    above = panel.secondary_xaxis(
        "top", functions=(lambda count: start + per_model * count, lambda tokens: (tokens - start) / per_model)
    )
    above.set_xlabel("million tokens trained on")
    above.spines["top"].set_visible(False)
