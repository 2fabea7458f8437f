"""What to do next, in three lines at most: each a number with its interval, and the command to run."""

from pathlib import Path
from typing import Any, NamedTuple

from ..ablation.sentences import change_text, error_text
from ..ranking.tables import Z90, score_text
from .findings import Findings
from .headline import answer
from .next_steps import NextSteps
from .ranked_study import RankedStudy


class Line(NamedTuple):
    """One thing to do.

    Args:
        text (`str`): what, and why.
        command (`str`): that does it.
    """

    text: str
    command: str


def what_next(study: RankedStudy, findings: Findings) -> list[Line]:
    """Train on the answer, be surer of it, and improve on it: what of these there is something to say of.

    Args:
        study ([`RankedStudy`]): what the page reports.
        findings ([`Findings`]): what it says beyond the ranking.
    """
    steps, run_dir, unit = findings.steps, _as_typed(findings.run_dir), study.ranking.unit_of_measure
    lines = [
        Line(_training(study, steps, unit), f"hf-ablate export {run_dir} --mixture best --to datasets"),
        Line(_surer(steps, unit), f"hf-ablate propose {run_dir} --for reference"),
    ]
    if better := _better_mixture(steps, unit):
        return [*lines, Line(better, f"hf-ablate propose {run_dir}")]
    if steps.effects and steps.effects["mixtures"][0]["mixture_id"] != study.ranking.best_id:
        return lines  # the effects are those of another mixture
    if effect := _largest_effect(steps, unit):
        return [*lines, Line(effect, f"hf-ablate effects {run_dir}")]
    return lines


def _as_typed(run_dir: Path) -> str:
    """The run folder as commands take it; the page does not say where on a machine it is."""
    return run_dir.name if run_dir.is_absolute() else run_dir.as_posix()


def _training(study: RankedStudy, steps: NextSteps, unit: str) -> str:
    found, gain = answer(study), steps.gain
    reach = f" ± {found['reach']}" if found["reach"] else ""
    text = f"Train on {found['mixture']}: {found['score']}{reach} {unit} are predicted"
    if gain is None:
        return f"{text}."
    uniform = f"equal shares of all {len(study.units)} units"
    if not gain.told_apart:
        return f"{text}, not clearly different from {uniform} ({_signed(gain.value, gain.half_width)})."
    return (
        f"{text}, {error_text(abs(gain.value), gain.half_width)} {'below' if gain.value < 0 else 'above'} {uniform}."
    )


def _signed(value: float, half_width: float) -> str:
    return f"{'+' if value > 0 else '−'}{error_text(abs(value), half_width)}"


def _surer(steps: NextSteps, unit: str) -> str:
    proposal = steps.proposal
    luck = f" (the luck of one training is ± {score_text(Z90 * proposal.noise)})" if proposal.noise else ""
    if not proposal.references:
        return (
            "No other reference model of a candidate is expected to change this choice: what it is expected to lose "
            f"against the best of them is {score_text(proposal.regret)} {unit}{luck}."
        )
    count = len(proposal.references)
    costs = [one.cost.tokens for one in proposal.references if one.cost is not None]
    price = f" for {sum(costs) / 1e6:,.1f} M tokens" if costs else ""
    return (
        f"To be surer, train {count} reference model{'s' * (count > 1)}{price}: what this choice is expected to lose "
        f"against the best candidate falls from {score_text(proposal.regret)} to {score_text(proposal.regret_after)} "
        f"{unit}{luck}."
    )


def _better_mixture(steps: NextSteps, unit: str) -> str | None:
    """What the search gains over all mixtures that were scored, where that is a difference."""
    scored = [] if steps.best is None else [row for row in steps.best["comparisons"] if row["role"] == "scored"]
    if not scored or not scored[0]["told_apart"] or scored[0]["difference"] >= 0:
        return None
    first, name = scored[0], steps.best["proposed"][0]["name"]
    amount = error_text(-first["difference"], (first["high"] - first["low"]) / 2)
    return f"Try {name}, which is not a candidate yet: it is expected {amount} {unit} below the best that was scored."


def _largest_effect(steps: NextSteps, unit: str) -> str | None:
    """The change that saves most or, where none does, the unit that costs most to drop."""
    effects = [] if steps.effects is None else steps.effects["effects"]
    on_target = [row for row in effects if row["target"] == steps.effects["target"]]
    saving = [row for row in on_target if row["told_apart"] and row["effect"] < 0]
    if saving:
        row = min(saving, key=lambda row: row["effect"])
        change = change_text(row["change"], row["part"], row["other"])
        return f"Try {change}: that is expected to save {_amount(row)} {unit}."
    drops = [row for row in on_target if row["change"] == "drop"]
    if not drops:
        return None
    row = max(drops, key=lambda row: row["effect"])
    if not row["told_apart"]:
        return (
            f"No single unit clearly matters: dropping {row['part']}, which costs most, makes "
            f"{_signed(row['effect'], (row['high'] - row['low']) / 2)} {unit}."
        )
    return f"Keep {row['part']}, the unit that matters most: dropping it is expected to cost {_amount(row)} {unit}."


def _amount(row: dict[str, Any]) -> str:
    return error_text(abs(row["effect"]), (row["high"] - row["low"]) / 2)
