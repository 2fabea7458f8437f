"""The comparison of runs as plain text."""

from typing import Any

from ..modeling.sizes import name_of_size
from ..ranking.agreement_tables import number_text
from ..ranking.tables import score_text, target_text
from ..text_table import paragraph, text_table
from .content import STATISTICS


_TITLES = {"pearson": "Pearson", "spearman": "Spearman", "decision_accuracy": "dec. acc.", "regret": "regret"}
_EXPLANATION = (
    "n: reference models that proxies are judged by. dec. acc. (decision accuracy): the share of pairs of mixtures in "
    "the order of their reference models; chance is 0.5. regret: what choosing by the predictor loses against the "
    "best reference model. best, uniform: what the predictor says of the best mixture, and of equal shares of all "
    "units. mean, reference: the mean over the mixtures with a reference model of what is predicted, and of these."
)


def comparison_table(content: dict[str, Any]) -> str:
    """A line for each run and predictor.

    Args:
        content (`dict`): of [`compare_runs`].
    """
    by, runs = content["by"], {row["run"]: row for row in content["runs"]}
    rows = []
    for record in content["comparison"]:
        run = runs[record["run"]]
        first = [record["run"]] if by == "run" else [record["run"], fact_text(by, run[by])]
        statistics = [number_text(record[statistic], statistic) for statistic in STATISTICS]
        losses = ("best_score", "uniform_score", "mean_score", "mean_reference")
        rows.append(
            [*first, record["label"], str(record["n"]), *statistics, *(score_text(record[name]) for name in losses)]
        )
    headers = ["run", *([] if by == "run" else [by.replace("_", " ")]), "predictor", "n", *_TITLES.values()]
    title = f"{len(runs)} runs on {target_text(content['target'])}, losses in {content['unit_of_measure']}"
    left = (0, 1) if by == "run" else (0, 2)
    table = text_table([*headers, "best", "uniform", "mean", "reference"], rows, left=left, keys=len(headers) - 5)
    scales = [
        paragraph(f"{name}: {row['proxy_scale']} proxies against {row['reference_scale']} references")
        for name, row in runs.items()
        if row["proxy_scale"] != row["reference_scale"]
    ]
    return "\n".join([paragraph(title), "", table, *scales, "", paragraph(_EXPLANATION)])


def fact_text(fact: str, value: Any) -> str:
    """What people read for a fact of a run."""
    return name_of_size(value) if fact in ("parameters", "component_tokens", "seed_tokens") else str(value)
