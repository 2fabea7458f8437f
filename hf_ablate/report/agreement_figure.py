"""How well each predictor agrees with the reference models."""

from textwrap import wrap
from typing import Any

from matplotlib.ticker import MultipleLocator

from ..ranking.agreements import RANDOM
from ..ranking.tables import short_name
from .drawing import Drawing
from .ranked_study import RankedStudy
from .style import ACCENT, GREY, INK, SECOND, WIDTH, panels


_LABELS, _LETTER = 1.7, 0.08  # inches that the predictors' labels take, and a letter of a title


def agreement_intervals(study: RankedStudy) -> Drawing | None:
    """Pearson correlation and decision accuracy of every predictor with their intervals, the chosen one first."""
    if not study.agreement.references:
        return None
    names = list(dict.fromkeys([study.target, *study.target_names("source_mean", "task_mean")]))[:4]
    statistics = (("pearson", "Pearson correlation", 0.0), ("decision_accuracy", "decision accuracy", 0.5))
    predictors = study.agreement.predictors
    figure, axes = panels(len(names), len(statistics), WIDTH, 0.55 + 0.22 * len(predictors))
    width = int((WIDTH - _LABELS) / len(names) / _LETTER)
    for panel, (statistic, label, chance), name in zip(
        axes, [entry for entry in statistics for _ in names], names * len(statistics), strict=True
    ):
        group = study.agreement.group(name)
        for position, (predictor, described) in enumerate(predictors.items()):
            entry = group["predictors"][predictor][statistic]
            colour = GREY if predictor == RANDOM else SECOND if described["baseline"] else ACCENT
            if entry["value"] is None:
                panel.text(chance, position, "not defined", fontsize=6.5, color=GREY, va="center", ha="center")
                continue
            if entry["low"] is not None:
                panel.plot([entry["low"], entry["high"]], [position] * 2, color=colour, linewidth=3, alpha=0.35,
                           solid_capstyle="round")  # fmt: skip
            panel.plot(entry["value"], position, "o", color=colour, markersize=5.5)
        panel.axvline(chance, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
        panel.set_xlim(*((-1.05, 1.05) if statistic == "pearson" else (-0.03, 1.03)))
        panel.xaxis.set_major_locator(MultipleLocator(0.5 if statistic == "pearson" else 0.25))
        panel.set_ylim(len(predictors) - 0.4, -0.6)
        panel.set_yticks(range(len(predictors)))
        first = panel.get_subplotspec().is_first_col()
        panel.set_yticklabels([described["label"] for described in predictors.values()] if first else [], color=INK)
        panel.tick_params(axis="y", length=0)
        panel.spines["left"].set_visible(False)
        panel.grid(True, axis="x")
        panel.set_xlabel(f"{label}  (n = {group['n']})")
        if panel.get_subplotspec().is_first_row():
            panel.set_title("\n".join(wrap(short_name(name), width, max_lines=2, placeholder=" …")))
    rows = [row for name in names for statistic, *_ in statistics for row in _numbers(study, name, statistic)]
    return Drawing(figure, rows, "Agreement of every predictor with the reference models; bars are bootstrap "
                   "intervals, the dashed line is chance.")  # fmt: skip


def _numbers(study: RankedStudy, target: str, statistic: str) -> list[dict[str, Any]]:
    """The records of a panel."""
    group = study.agreement.group(target)
    return [
        {
            "target": target, "predictor": predictor, "label": study.agreement.predictors[predictor]["label"],
            "statistic": statistic, "n": group["n"],
            **{key: entry[statistic][key] for key in ("value", "low", "high")},
        }
        for predictor, entry in group["predictors"].items()
    ]  # fmt: skip
