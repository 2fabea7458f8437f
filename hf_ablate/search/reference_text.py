"""What `hf-ablate propose --for reference` prints for people."""

from typing import Any

from ..mixtures.mixture import Mixture
from ..mixtures.ranked import MEAN
from ..text_table import paragraph, text_table
from .power import Power


def references_text(content: dict[str, Any]) -> str:
    """Which models to train next, and what is expected of them.

    Args:
        content (`dict[str, Any]`): of [`propose_next_references`].
    """
    measure, proposed = content["unit_of_measure"], content["proposed"]
    target = "the mean of domains" if content["target"] == MEAN else content["target"]
    headers = ["mixture", "expected", "±", "saves alone", "regret after", "why"]
    rows = [_row(row) for row in proposed]
    if proposed and proposed[0]["flops"] is not None:
        headers = [*headers[:-1], "FLOPs", "hours", "saves per hour", headers[-1]]
        rows = [[*cells[:-1], *_cost(row), cells[-1]] for cells, row in zip(rows, proposed, strict=True)]
    table = ["", text_table(headers, rows, left=(0, len(headers) - 1)), "", paragraph(_LEGEND)] if proposed else []
    counts = [row["references"] for row in content["power"]]
    power = Power(tuple(counts), tuple(row["difference"] for row in content["power"]), measure)
    return "\n".join([paragraph(_advice(content, target)), *table, paragraph(power.text)])


_LEGEND = (
    "expected, ±: the loss, and the standard deviation of what a model would show. saves alone: by how much training "
    "this one alone lowers the expected regret, which is what the chosen mixture loses against the best of all. "
    "regret after: what is left with this model and those above. explores: far from all others, to check the "
    "predictor."
)


def _advice(content: dict[str, Any], target: str) -> str:
    """The answer in a sentence."""
    now, noise, measure = content["regret_now"], content["noise_sd"], content["unit_of_measure"]
    count = len(content["proposed"])
    if not count:
        return (
            f"No other reference model would improve the choice of the best mixture for {target}; the "
            f"expected regret is {now:.4f} {measure}."
        )
    after = content["proposed"][-1]["regret_after"]
    these = "this one" if count == 1 else f"these {count}"
    advice = f"Train {these}, and the expected regret on {target} falls from {now:.4f} to {after:.4f} {measure}."
    if now < noise:
        advice += f" It is already below the noise of one training, {noise:.4f}: more models would hardly help."
    return advice


def _row(row: dict[str, Any]) -> list[str]:
    name = Mixture.of(row["mixture"]).shortened(60)
    numbers = [f"{row[key]:.4f}" for key in ("score", "sd", "regret_saved", "regret_after")]
    return [name, *numbers, "explores" if row["explores"] else "decides"]


def _cost(row: dict[str, Any]) -> list[str]:
    per_hour = row["regret_saved_per_hour"]
    return [f"{row['flops']:.3g}", f"{row['hours']:.2g}", "-" if per_hour is None else f"{per_hour:.2g}"]
